using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>An association to add to a platform's record, or to remove from it.</summary>
/// <param name="IsPrimary">It is the primary one there, or takes the place of the one that is there.</param>
public sealed record LinkDue(AssociationKey Key, RemoteRef To, bool IsAdded, bool IsPrimary);

/// <param name="Due">Removals first: what they free may be wanted by an addition; then the primary ones.</param>
/// <param name="Refusal">Why some will never be there as they are; null where all can be.</param>
public sealed record LinkPlan(ImmutableArray<LinkDue> Due, string? Refusal)
{
    public static readonly LinkPlan Nothing = new([], null);
}

/// <summary>
/// Which associations of a record a platform is due: those that live in the hub and that it does not show are added, those that are gone from the
/// hub and that it shows are removed. An association waits until both of its ends are there. Echoes are none: what was written is what it shows.
/// </summary>
public static class LinkPlanner
{
    /// <param name="set">Holds the record's associations and the links of those they lead to.</param>
    /// <param name="kind">What the record is, or is to be, on the platform.</param>
    /// <param name="toKinds">Those that the platform keeps associations of this kind to; of the others nothing is due there.</param>
    /// <param name="isThere">False where it is still to be created: none of them can be there.</param>
    public static LinkPlan Look(WorkingSet set, HubRecord hub, RemoteKind kind, ImmutableArray<RemoteKind> toKinds, SyncPolicy policy, bool isThere = true)
    {
        if (!hub.IsLive || !policy.Pushes(policy.Platform, hub.Kind))
            return LinkPlan.Nothing;
        var due = new List<LinkDue>();
        var refusals = new List<string>();
        foreach (var toKind in toKinds)
        {
            var room = AssociationKinds.RoomOf(policy.Platform, hub.Kind, toKind.ToRecordKind());
            var ends = Ends(set, hub, toKind, policy.Platform, isThere);
            due.AddRange(ends.Where(end => end is { Association.IsLive: false, Base.IsShown: true }).Select(end => end.Due(isAdded: false)));
            if (room == AssociationRoom.One)
                AddOne(ends, due, refusals, policy.Platform, toKind);
            else
                AddMany(ends, due, room);
        }

        return new([.. due.OrderBy(link => link.IsAdded).ThenByDescending(link => link.IsPrimary)], refusals.Count == 0 ? null : string.Join("; ", refusals));
    }

    /// <summary>The platform did as it was told.</summary>
    /// <param name="at">When it had answered, by our clock.</param>
    public static void Done(WorkingSet set, LinkDue done, Platform platform, DateTimeOffset at)
    {
        var (key, room) = (done.Key, AssociationKinds.RoomOf(platform, done.Key.FromKind, done.Key.ToKind));
        foreach (var association in set.AssociationsOf(key.FromKind, key.FromId, key.ToKind).ToList())
        {
            if (association.Key == key)
                Put(set, association, platform, new(done.IsAdded, done.IsAdded && done.IsPrimary && room == AssociationRoom.ManyAndAPrimary, at));
            else if (done.IsAdded && room == AssociationRoom.One && association.BaseOf(platform).IsShown)
                Put(set, association, platform, new(false, WrittenAt: at)); // its place is taken
        }
    }

    private static void Put(WorkingSet set, Association association, Platform platform, AssociationBase shown) =>
        set.Put(association with { Bases = association.Bases.SetItem(platform, shown) });

    private static List<End> Ends(WorkingSet set, HubRecord hub, RemoteKind toKind, Platform platform, bool isThere) =>
    [
        .. from association in set.AssociationsOf(hub.Kind, hub.Id, toKind.ToRecordKind())
        let to = set.LiveLinksOf(association.Key.ToId).Where(link => link.Ref.Kind == toKind).MinBy(link => link.Ref.Id, StringComparer.Ordinal)
        where to is not null
        select new End(association, to.Ref, isThere ? association.BaseOf(platform) : default),
    ];

    private static void AddMany(List<End> ends, List<LinkDue> due, AssociationRoom room)
    {
        var primary = room == AssociationRoom.ManyAndAPrimary ? Newest(ends.Where(end => end.Association is { IsLive: true, IsPrimary: true })) : null;
        due.AddRange(ends
            .Where(end => end.Association.IsLive && (!end.Base.IsShown || (end == primary && !end.Base.IsPrimary)))
            .Select(end => end.Due(isAdded: true, end == primary)));
    }

    // The hub's primary one takes the one place, whoever has it; without one it is whose it is, and else the first one's.
    private static void AddOne(List<End> ends, List<LinkDue> due, List<string> refusals, Platform platform, RemoteKind toKind)
    {
        var live = ends.Where(end => end.Association.IsLive).ToList();
        var wanted = Newest(live.Where(end => end.Association.IsPrimary)) ?? live.Find(end => end.Base.IsShown) ?? live.MinBy(Order);
        if (wanted is { Base.IsShown: false })
            due.Add(wanted.Due(isAdded: true, wanted.Association.IsPrimary || ends.Exists(end => end.Base.IsShown)));
        if (live.Count > 1)
            refusals.Add($"{platform} has room for one {toKind.ToName()} of this record, which has {live.Count}");
    }

    private static End? Newest(IEnumerable<End> ends) => ends.MaxBy(Order);

    private static (DateTimeOffset At, Guid Id) Order(End end) => (end.Association.Stamp.At, end.Association.Key.ToId);

    private sealed record End(Association Association, RemoteRef To, AssociationBase Base)
    {
        public LinkDue Due(bool isAdded, bool isPrimary = false) => new(Association.Key, To, isAdded, isPrimary);
    }
}
