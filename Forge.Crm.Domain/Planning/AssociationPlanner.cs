using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>One record's associations of one kind as a platform shows them, against those that the hub has and that platform showed before.</summary>
internal static class AssociationPlanner
{
    /// <returns>Whether the hub's associations changed.</returns>
    public static bool Plan(WorkingSet set, RemoteAssociations shown, RemoteChange change, Platform platform, List<HistoryEntry> history)
    {
        if (set.Link(shown.From) is not { State: LinkState.Live } from)
            return false;
        var (fromKind, toKind) = (shown.From.Kind.ToRecordKind(), shown.ToKind.ToRecordKind());
        var at = new Stamp(change.Record?.ReadAt ?? from.ReadAt ?? from.StateAt, platform);
        var held = set.AssociationsOf(fromKind, from.RecordId, toKind).ToDictionary(a => a.Key);
        var changed = false;
        foreach (var (toId, isPrimary) in Resolve(set, shown))
        {
            var key = new AssociationKey(fromKind, from.RecordId, toKind, toId);
            held.Remove(key, out var old);
            changed |= Show(set, key, isPrimary, old, at, change.Cause, history);
        }

        foreach (var missing in held.Values)
            changed |= Hide(set, missing, at, change.Cause, history);
        return changed;
    }

    // A target that is not linked is not in the hub: the caller read unknown neighbours first, so it is gone there too.
    private static Dictionary<Guid, bool> Resolve(WorkingSet set, RemoteAssociations shown)
    {
        var targets = new Dictionary<Guid, bool>();
        foreach (var to in shown.To)
        {
            if (set.Link(new(shown.ToKind, to.ToId)) is { State: LinkState.Live or LinkState.Merged } link)
                targets[link.RecordId] = targets.GetValueOrDefault(link.RecordId) || to.IsPrimary;
        }

        return targets;
    }

    private static bool Show(
        WorkingSet set, AssociationKey key, bool isPrimary, Association? old, Stamp at, Cause cause, List<HistoryEntry> history)
    {
        var wasShown = old?.Bases.GetValueOrDefault(at.By) ?? false;
        var isNew = old is null || (old.DeletedAt is not null && !wasShown);
        if (wasShown && old!.IsPrimary == isPrimary)
            return false;
        var bases = (old?.Bases ?? System.Collections.Immutable.ImmutableDictionary<Platform, bool>.Empty).SetItem(at.By, true);
        var isChanged = isNew || old!.IsPrimary != isPrimary;
        set.Put(new Association(key, isPrimary, isChanged ? at : old!.Stamp, isNew ? null : old!.DeletedAt, bases));
        if (isNew)
            history.Add(Entry(HistoryAction.Associate, key, null, key.ToId.ToString(), at, cause));
        return isChanged;
    }

    private static bool Hide(WorkingSet set, Association old, Stamp at, Cause cause, List<HistoryEntry> history)
    {
        if (!old.Bases.GetValueOrDefault(at.By))
            return false; // never shown there: another platform's, or the hub's own, still to be pushed
        var isLive = old.DeletedAt is null;
        set.Put(old with
        {
            Bases = old.Bases.SetItem(at.By, false),
            DeletedAt = old.DeletedAt ?? at.At,
            Stamp = isLive ? at : old.Stamp,
        });
        if (isLive)
            history.Add(Entry(HistoryAction.Dissociate, old.Key, old.Key.ToId.ToString(), null, at, cause));
        return isLive;
    }

    private static HistoryEntry Entry(HistoryAction action, AssociationKey key, string? old, string? @new, Stamp at, Cause cause) =>
        new(key.FromKind, key.FromId, action, key.ToKind.ToName(), old, @new, at.By, at.At, cause);
}
