using System.Collections.Immutable;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>What reading a snapshot does to a record's fields and to its link.</summary>
/// <param name="Conflicts">Those that were opened, updated or closed.</param>
/// <param name="IsPushDue">The platform itself is behind the hub in a field.</param>
/// <param name="IsInUse">The platform changed the record after the hub had deleted it.</param>
internal sealed record FieldsPlan(
    HubRecord Hub, RecordLink Link, ImmutableArray<HistoryEntry> History, ImmutableArray<ConflictChange> Conflicts, bool IsPushDue, bool IsInUse)
{
    /// <summary>Nothing was decided: read the record's property history and plan again.</summary>
    public static readonly FieldsPlan NeedsHistory = new(null!, null!, [], [], false, false);

    /// <summary>A field shows what a write of ours may run over at this moment: what became of it is known when that is over.</summary>
    public bool IsInFlight { get; init; }
}

/// <param name="IsOpen">False where the difference is gone.</param>
public readonly record struct ConflictChange(FieldConflict Conflict, bool IsOpen);

/// <summary>The fields of one record against one snapshot of it. Pure; the rules are in docs/planning.md.</summary>
internal static class FieldPlanner
{
    /// <param name="isOurs">Whether the platform's record is one that we created.</param>
    /// <returns>Null where every field is level: the common case, without an allocation.</returns>
    public static FieldsPlan? Plan(
        HubRecord hub, RecordLink link, RemoteChange change, RecordShape shape, SyncPolicy policy, ImmutableArray<FieldConflict> conflicts,
        bool isOurs = false)
    {
        FieldWork? work = null;
        // The answer; or the record as it was made, where its webhook comes before the answer or the answer never does: an edit of the same
        // tick looks alike, so it is only a default where there are defaults. An answer may be a read of some moments later: what somebody put
        // into a field that we did not write is an edit then.
        var isAnswer = isOurs && change.OwnWrite == OwnWrite.Answer;
        var isMade = isOurs && change.Record!.Version == change.Record.CreatedAt && !change.Record.IsAhead;
        var isDeleted = hub is { DeletedAt: not null, MergedIntoId: null };
        var fields = change.Record!.Fields;
        for (var i = 0; i < shape.Count; i++)
        {
            var level = FieldLevel.Of(link, i);
            var isCreated = isAnswer ? isMade || shape.Fields[i].HasDefault : isMade && shape.Fields[i].HasDefault;
            var verdict = new FieldComparison(shape.Fields[i].Type, policy.Locale, change, isDeleted, isCreated)
                .Of(new(hub.Values[i], hub.Stamps[i]), level, fields[i], IsHeld(conflicts, shape, i, policy.Platform));
            if (verdict == FieldVerdict.AskHistory)
                return FieldsPlan.NeedsHistory;
            if (verdict == FieldVerdict.Level && !(change.OwnWrite == OwnWrite.Over && level.Sent is not null))
                continue;
            work ??= new(hub, link, shape, policy, change, conflicts);
            work.Apply(verdict, i, fields[i]);
        }

        foreach (var told in change.Told)
            (work ??= new(hub, link, shape, policy, change, conflicts)).Hear(told);
        return work?.Finish();
    }

    private static bool IsHeld(ImmutableArray<FieldConflict> conflicts, RecordShape shape, int i, Platform platform)
    {
        foreach (var conflict in conflicts)
        {
            if (conflict.Platform == platform && conflict.Field == shape.Fields[i].Name)
                return true;
        }

        return false;
    }
}
