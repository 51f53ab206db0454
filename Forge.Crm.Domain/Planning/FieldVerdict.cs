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

    /// <summary>
    /// A write of ours is under way, and the platform shows neither what it showed before nor what we send: what it made of our value, or an
    /// edit. The next look, when the write is over, tells.
    /// </summary>
    InFlight,

    /// <summary>The platform filled it in by itself when it created the record for us: an owner, a first stage. Nobody chose it, so it is seen and not taken.</summary>
    Default,

    /// <summary>Both changed, to different values: the field's strategy decides.</summary>
    Contest,

    /// <summary>The platform changed a field that waits for a person: what the person is shown changes with it.</summary>
    Hold,

    /// <summary>Both changed, and the platform gave only the record's time: its property history decides.</summary>
    AskHistory,
}

/// <summary>The three-way comparison of one field: hub, what the platform last showed, what it shows now.</summary>
/// <param name="isDeleted">Whether the hub's record is deleted.</param>
/// <param name="isCreated">Whether the platform shows what it made of our creation, and nobody else's doing.</param>
internal readonly ref struct FieldComparison(FieldType type, TenantLocale locale, RemoteChange change, bool isDeleted, bool isCreated)
{
    public FieldVerdict Of(in Candidate hub, in FieldLevel level, in RemoteField remote, bool isHeld)
    {
        if (!remote.IsKnown)
            return FieldVerdict.Level; // not this platform's field
        if (level.Sent is { } sent && IsOurs(sent, level, remote))
            return FieldVerdict.Meet;
        var hubChanged = hub.Stamp != level.Hub;
        if (!RemoteChanged(level, remote))
            return !hubChanged ? FieldVerdict.Level : Same(hub.Value, level.Seen) ? FieldVerdict.Meet : FieldVerdict.Push;
        return Changed(hub, level, remote, hubChanged, isHeld);
    }

    private FieldVerdict Changed(in Candidate hub, in FieldLevel level, in RemoteField remote, bool hubChanged, bool isHeld)
    {
        if (isCreated && remote.Value is not null && remote.Stamp.IsApproximate)
            return FieldVerdict.Default;
        if (level.Sent is not null && change.OwnWrite == OwnWrite.Unknown && !Same(remote.Value, level.Seen))
            return FieldVerdict.InFlight;
        if (isDeleted && remote.Stamp.IsApproximate && change.CanAskHistory)
            return FieldVerdict.AskHistory; // whether the edit came after the deletion decides whether the record lives
        if (!hubChanged)
            return !level.IsFirstSight && Same(remote.Value, level.Seen) ? FieldVerdict.Meet : FieldVerdict.Take;
        if (Same(hub.Value, remote.Value))
            return FieldVerdict.Meet;
        if (level.IsFirstSight && (hub.Value is null || remote.Value is null))
            return hub.Value is null ? FieldVerdict.Take : FieldVerdict.Push; // "never set" does not clear what another system knows
        if (isHeld)
            return FieldVerdict.Hold;
        return remote.Stamp.IsApproximate && change.CanAskHistory ? FieldVerdict.AskHistory : FieldVerdict.Contest;
    }

    private bool IsOurs(Sent sent, in FieldLevel level, in RemoteField remote) =>
        change.OwnWrite == OwnWrite.Answer
        || Same(remote.Value, sent.Value)
        || (!Same(remote.Value, level.Seen) && NormalForm.MayBe(sent.Value, remote.Value));

    // A later stamp on the value already seen is an edit too (A -> B -> A between two reads); the record's own time is no such stamp, nor
    // is that of our own write, where it is what that wrote: one in doubt that is not shown never arrived.
    private bool RemoteChanged(in FieldLevel level, in RemoteField remote) =>
        !Same(remote.Value, level.Seen)
        || level.IsFirstSight
        || (!remote.Stamp.IsApproximate && remote.Stamp.At > level.SeenStamp.At && !IsWritten(level.Pushed, remote));

    private bool IsWritten(Pushed? pushed, in RemoteField remote)
    {
        if (pushed is null)
            return false;
        foreach (var write in pushed.Writes)
        {
            if (remote.Stamp.At <= write.At && Same(remote.Value, write.Value))
                return true;
        }

        return false;
    }

    private bool Same(string? a, string? b) => ReferenceEquals(a, b) || Canonical.Same(type, a, b, locale);
}

/// <summary>What a link knows of one field; see <see cref="RecordLink"/>.</summary>
internal readonly record struct FieldLevel(string? Seen, Stamp SeenStamp, Stamp Hub, Sent? Sent, Pushed? Pushed)
{
    public bool IsFirstSight => SeenStamp.IsNone;

    public static FieldLevel Of(RecordLink link, int i) => new(
        link.Seen[i], link.SeenStamps[i], link.Level[i],
        link.Sent.IsEmpty ? null : link.Sent.GetValueOrDefault(i), link.Pushed.IsEmpty ? null : link.Pushed.GetValueOrDefault(i));
}
