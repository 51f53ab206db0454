using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>What becomes of one field.</summary>
internal enum FieldVerdict
{
    /// <summary>Nothing moved since both were level.</summary>
    Level,

    /// <summary>Only the platform changed: its value is the successor of the one seen.</summary>
    Take,

    /// <summary>Only the hub changed: a push is due.</summary>
    Push,

    /// <summary>The platform shows what we are sending, or both changed to the same value.</summary>
    Meet,

    /// <summary>Both changed, to different values; the platform's wins.</summary>
    RemoteWins,

    /// <summary>Both changed, to different values; the hub's wins, a push is due, the platform's value goes into the history.</summary>
    HubWins,

    /// <summary>Both changed, and the platform gave only the record's time: its property history decides.</summary>
    AskHistory,
}

/// <summary>The three-way comparison of one field: hub, what the platform last showed, what it shows now.</summary>
internal readonly ref struct FieldComparison(FieldType type, SyncPolicy policy)
{
    public FieldVerdict Of(in Candidate hub, in FieldLevel level, in RemoteField remote, bool canAskHistory)
    {
        if (!remote.IsKnown)
            return FieldVerdict.Level; // not this platform's field
        var hubChanged = hub.Stamp != level.Hub;
        if (level.Sent is { } sent && Same(remote.Value, sent.Value))
            return FieldVerdict.Meet;
        if (!RemoteChanged(level, remote))
            return !hubChanged ? FieldVerdict.Level : Same(hub.Value, level.Seen) ? FieldVerdict.Meet : FieldVerdict.Push;
        if (!hubChanged)
            return FieldVerdict.Take;
        if (Same(hub.Value, remote.Value))
            return FieldVerdict.Meet;
        if (level.IsFirstSight && (hub.Value is null || remote.Value is null))
            return hub.Value is null ? FieldVerdict.Take : FieldVerdict.Push; // "never set" does not clear what another system knows
        if (remote.Stamp.IsApproximate && canAskHistory)
            return FieldVerdict.AskHistory;
        return Contest.RemoteWins(hub, new(remote.Value, remote.Stamp), policy) ? FieldVerdict.RemoteWins : FieldVerdict.HubWins;
    }

    // A later stamp on the value already seen is an edit too (A -> B -> A between two reads); the record's own time is no such stamp.
    private bool RemoteChanged(in FieldLevel level, in RemoteField remote) =>
        !Same(remote.Value, level.Seen)
        || level.IsFirstSight
        || (!remote.Stamp.IsApproximate && remote.Stamp.At > level.SeenStamp.At);

    private bool Same(string? a, string? b) => Canonical.Same(type, a, b, policy.Locale);
}

/// <summary>What a link knows of one field; see <see cref="RecordLink"/>.</summary>
internal readonly record struct FieldLevel(string? Seen, Stamp SeenStamp, Stamp Hub, Sent? Sent)
{
    public bool IsFirstSight => SeenStamp.IsNone;
}
