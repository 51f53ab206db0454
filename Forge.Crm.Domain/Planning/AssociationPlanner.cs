using System.Collections.Immutable;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>What a platform's showing of associations came to.</summary>
/// <param name="IsChanged">Whether the hub's changed.</param>
/// <param name="IsBehind">Whether it was read before a write of ours that it contradicts: it says nothing of that one, and is to be read again.</param>
internal readonly record struct AssociationsPlan(bool IsChanged, bool IsBehind)
{
    public static AssociationsPlan operator |(AssociationsPlan a, AssociationsPlan b) => new(a.IsChanged | b.IsChanged, a.IsBehind | b.IsBehind);
}

/// <summary>One record's associations of one kind as a platform shows them, against those that the hub has and that platform showed before.</summary>
internal static class AssociationPlanner
{
    public static AssociationsPlan Plan(WorkingSet set, RemoteAssociations shown, RemoteChange change, Platform platform, List<HistoryEntry> history)
    {
        if (set.Link(shown.From) is not { State: LinkState.Live } from)
            return default;
        var (fromKind, toKind) = (shown.From.Kind.ToRecordKind(), shown.ToKind.ToRecordKind());
        var at = new Stamp(change.Record?.ReadAt ?? from.ReadAt ?? from.StateAt, platform);
        var showing = new Showing(set, AssociationKinds.RoomOf(platform, fromKind, toKind), at, change.Cause, history);
        var held = set.AssociationsOf(fromKind, from.RecordId, toKind).ToDictionary(a => a.Key);
        var targets = Resolve(set, shown);
        var isTaken = showing.Room == AssociationRoom.One
            && held.Values.Any(old => old is { IsLive: true, IsPrimary: true } && !old.BaseOf(platform).IsShown && targets.ContainsKey(old.Key.ToId));
        AssociationsPlan plan = default;
        foreach (var (toId, isPrimary) in targets)
        {
            var key = new AssociationKey(fromKind, from.RecordId, toKind, toId);
            held.Remove(key, out var old);
            plan |= IsBehind(old, at, isShown: true) ? new(false, true) : new(Show(showing, key, isPrimary, old), false);
        }

        foreach (var missing in held.Values.Where(old => old.BaseOf(platform).IsShown))
            plan |= IsBehind(missing, at, isShown: false) ? new(false, true) : new(Hide(showing, missing, isTaken), false);
        return plan;
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

    private static bool IsBehind(Association? old, Stamp at, bool isShown) =>
        old is not null && old.BaseOf(at.By) is var known && known.IsShown != isShown && at.At <= known.WrittenAt;

    private static bool Show(Showing showing, AssociationKey key, bool isPrimary, Association? old)
    {
        var at = showing.At;
        var known = old?.BaseOf(at.By) ?? default;
        var isNew = old is null || (!old.IsLive && !known.IsShown);
        // Which is the primary one is the platform's to say where it knows such, and says something new of it.
        var knowsPrimary = showing.Room == AssociationRoom.ManyAndAPrimary;
        var becomesPrimary = isNew || (knowsPrimary && known.IsShown && known.IsPrimary != isPrimary) ? isPrimary : old!.IsPrimary;
        var next = known with { IsShown = true, IsPrimary = knowsPrimary && isPrimary };
        if (!isNew && next == known)
            return false;
        var isChanged = isNew || old!.IsPrimary != becomesPrimary;
        var bases = (old?.Bases ?? ImmutableDictionary<Platform, AssociationBase>.Empty).SetItem(at.By, next);
        showing.Set.Put(new Association(key, becomesPrimary, isChanged ? at : old!.Stamp, isNew ? null : old!.DeletedAt, bases));
        if (isNew)
            showing.Note(HistoryAction.Associate, key, null, key.ToId.ToString());
        return isChanged;
    }

    /// <param name="isTaken">The one place is taken by another, which we wrote there: that is no removal.</param>
    private static bool Hide(Showing showing, Association old, bool isTaken)
    {
        var at = showing.At;
        var isRemoved = old.IsLive && !isTaken;
        showing.Set.Put(old with
        {
            Bases = old.Bases.SetItem(at.By, old.BaseOf(at.By) with { IsShown = false, IsPrimary = false }),
            DeletedAt = isTaken ? old.DeletedAt : old.DeletedAt ?? at.At,
            Stamp = isRemoved ? at : old.Stamp,
        });
        if (isRemoved)
            showing.Note(HistoryAction.Dissociate, old.Key, old.Key.ToId.ToString(), null);
        return isRemoved;
    }

    private sealed record Showing(WorkingSet Set, AssociationRoom Room, Stamp At, Cause Cause, List<HistoryEntry> History)
    {
        public void Note(HistoryAction action, AssociationKey key, string? old, string? @new) =>
            History.Add(new(key.FromKind, key.FromId, action, key.ToKind.ToName(), old, @new, At.By, At.At, Cause));
    }
}
