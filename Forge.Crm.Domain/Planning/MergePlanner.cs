using System.Collections.Immutable;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>
/// Merges on a platform: each losing id becomes an alias, its hub record is kept as merged into the survivor's. The survivor may be an id
/// that was never seen (HubSpot's <c>newObjectId</c>), and may itself be merged later.
/// </summary>
internal static class MergePlanner
{
    /// <summary>A survivor without a link takes over the hub record of the first loser that has one.</summary>
    /// <returns>The survivor's link; null where no loser is known either.</returns>
    public static RecordLink? TakeOver(WorkingSet set, RemoteChange change, List<HistoryEntry> history, Platform platform)
    {
        if (!change.IsMerged)
            return null;
        var heir = change.Losers
            .Select(id => set.Link(change.Ref with { Id = id }))
            .OfType<RecordLink>()
            .Where(link => link.State == LinkState.Live || (link.State == LinkState.Deleted && IsFree(set, link.RecordId)))
            .OrderBy(link => link.State)
            .FirstOrDefault(link => set.Record(link.RecordId) is not null);
        if (heir is null)
            return null;
        // What was written, or is being written, was written to the loser.
        var survivor = heir with
        {
            Ref = change.Ref,
            State = LinkState.Live,
            SeenStamps = SeenAsOf(heir, change, platform),
            Sent = ImmutableDictionary<int, Sent>.Empty,
            Pushed = ImmutableDictionary<int, Pushed>.Empty,
        };
        set.Put(survivor);
        Alias(set, heir, survivor, change, history, platform, isTaken: true);
        return survivor;
    }

    // What lives on there under another id, or as part of another record, is no heir's any more.
    private static bool IsFree(WorkingSet set, Guid recordId) => !set.IsLinked(recordId) && set.Record(recordId) is { MergedIntoId: null };

    // The platform wrote what it kept into a record of its own, and dates it so: the merge, not an edit, unless it is later than what is shown,
    // or than its deletion, where that is all that was heard of it.
    private static ImmutableArray<Stamp> SeenAsOf(RecordLink heir, RemoteChange change, Platform platform) =>
        (change.Record?.Version ?? change.MergedAt ?? change.Lifecycle?.At) is { } merged
        ? [.. heir.SeenStamps.Select(seen => seen.IsNone || seen.At >= merged ? seen : new Stamp(merged, platform, IsApproximate: true))]
        : heir.SeenStamps;

    /// <summary>Makes aliases of all losing ids, known or not.</summary>
    /// <returns>The hub records that this concerns: the survivor's and the losers'; none where nothing changed.</returns>
    public static ImmutableArray<Guid> Absorb(WorkingSet set, RemoteChange change, List<HistoryEntry> history, SyncPolicy policy)
    {
        if (!change.IsMerged)
            return [];
        // The survivor may be an alias itself by now: of two chained merges the second may be heard of first.
        if (set.Link(change.Ref) is not { State: not LinkState.Erased, IsPlanned: false } survivor)
            return [];
        var concerned = ImmutableArray<Guid>.Empty;
        foreach (var id in change.Losers)
        {
            var loser = set.Link(change.Ref with { Id = id });
            if (loser is { State: LinkState.Merged or LinkState.Erased })
                continue;
            if (loser is { IsPlanned: true })
                loser = loser with { RecordId = survivor.RecordId }; // nothing of it is in the hub
            concerned = concerned.IsEmpty ? [survivor.RecordId] : concerned;
            if (loser is not null && loser.RecordId != survivor.RecordId)
                concerned = concerned.Add(loser.RecordId);
            Alias(set, loser ?? survivor with { Ref = change.Ref with { Id = id } }, survivor, change, history, policy.Platform, policy.TakesIn);
        }

        return concerned;
    }

    /// <param name="isTaken">False where the hub's records stay two: they were merged on a platform that is only written to.</param>
    private static void Alias(
        WorkingSet set, RecordLink loser, RecordLink survivor, RemoteChange change, List<HistoryEntry> history, Platform platform, bool isTaken)
    {
        // The merge's own time where an event tells it: what the survivor shows may be newer, and the loser back since.
        var at = change.MergedAt ?? change.Record?.Version ?? survivor.StateAt;
        at = loser.RemoteVersion > at ? loser.RemoteVersion.Value : at; // an old snapshot of the loser does not bring it back
        var hubAt = change.Record is { } record && at > record.ReadAt ? record.ReadAt : at;
        // The loser came back after it had been created anew: the hub's record lives on as that one.
        var livesOn = loser.State == LinkState.Deleted && set.IsLinked(loser.RecordId);
        set.Put(loser.WithoutSent(at) with
        {
            State = LinkState.Merged,
            StateAt = at,
            ReadAt = change.Record?.ReadAt ?? loser.ReadAt,
            MergedInto = survivor.Ref.Id,
            RecordId = livesOn || !isTaken ? loser.RecordId : survivor.RecordId,
        });
        if (!isTaken)
            return;
        var into = set.Record(survivor.RecordId) is { } target ? set.Survivor(target)?.Id ?? target.Id : survivor.RecordId;
        if (!livesOn && loser.RecordId != into && set.Record(loser.RecordId) is { MergedIntoId: null } hub)
        {
            if (hub.IsLive && set.Record(into) is { DeletedAt: not null, MergedIntoId: null } dead && set.IsLinked(into))
            {
                // The platform shows what the two became, and someone still worked with one of them: the other's deletion does not take it along.
                set.Put(dead with { DeletedAt = null });
                history.Add(new(dead.Kind, dead.Id, HistoryAction.Restore, null, null, null, platform, hubAt, change.Cause));
            }

            set.Put(hub with { MergedIntoId = into, DeletedAt = hub.DeletedAt ?? hubAt });
            foreach (var conflict in set.ConflictsOf(hub.Id))
                set.Put(new ConflictChange(conflict, IsOpen: false));
        }

        history.Add(new(
            survivor.Ref.Kind.ToRecordKind(), loser.RecordId, HistoryAction.Merge, null,
            loser.Ref.Id, (livesOn ? loser.RecordId : into).ToString(), platform, hubAt, change.Cause));
    }
}
