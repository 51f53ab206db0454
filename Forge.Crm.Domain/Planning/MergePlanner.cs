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
        var heir = Losers(change)
            .Select(id => set.Link(change.Ref with { Id = id }))
            .FirstOrDefault(link => link is { State: LinkState.Live or LinkState.Deleted } && set.Record(link.RecordId) is not null);
        if (heir is null)
            return null;
        var survivor = heir with { Ref = change.Ref, State = LinkState.Live };
        set.Put(survivor);
        Alias(set, heir, survivor, change, history, platform);
        return survivor;
    }

    /// <summary>Makes aliases of all losing ids, known or not.</summary>
    /// <returns>Whether anything changed.</returns>
    public static bool Absorb(WorkingSet set, RemoteChange change, List<HistoryEntry> history, Platform platform)
    {
        // The survivor may be an alias itself by now: of two chained merges the second may be heard of first.
        if (set.Link(change.Ref) is not { State: not LinkState.Erased } survivor)
            return false;
        var changed = false;
        foreach (var id in Losers(change))
        {
            var loser = set.Link(change.Ref with { Id = id });
            if (loser is { State: LinkState.Merged or LinkState.Erased })
                continue;
            Alias(set, loser ?? survivor with { Ref = change.Ref with { Id = id } }, survivor, change, history, platform);
            changed = true;
        }

        return changed;
    }

    private static IEnumerable<string> Losers(RemoteChange change)
    {
        var shown = change.Record?.MergedIds ?? [];
        var all = change.MergedIds.IsDefaultOrEmpty ? shown : shown.IsDefaultOrEmpty ? change.MergedIds : change.MergedIds.AddRange(shown);
        return all.IsDefaultOrEmpty ? [] : all.Where(id => id != change.Ref.Id).Distinct();
    }

    private static void Alias(
        WorkingSet set, RecordLink loser, RecordLink survivor, RemoteChange change, List<HistoryEntry> history, Platform platform)
    {
        var at = change.Record?.Version ?? survivor.StateAt;
        set.Put(loser with
        {
            State = LinkState.Merged,
            StateAt = at,
            MergedInto = survivor.Ref.Id,
            RecordId = survivor.RecordId,
            Sent = ImmutableDictionary<int, Sent>.Empty,
        });
        if (loser.RecordId != survivor.RecordId && set.Record(loser.RecordId) is { MergedIntoId: null } hub)
            set.Put(hub with { MergedIntoId = survivor.RecordId, DeletedAt = hub.DeletedAt ?? at });
        history.Add(new(
            survivor.Ref.Kind.ToRecordKind(), loser.RecordId, HistoryAction.Merge, null,
            loser.Ref.Id, survivor.Ref.Id, platform, at, change.Cause));
    }
}
