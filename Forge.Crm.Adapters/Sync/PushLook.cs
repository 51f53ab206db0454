using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What a platform is due for a record.</summary>
/// <param name="Kind">What the record is, or is to be, there.</param>
/// <param name="Links">Associations that are due with it, or after it.</param>
internal sealed record PushLook(HubRecord Hub, RemoteKind Kind, PushPlan Plan, LinkPlan Links)
{
    /// <summary>What was merged comes first: what the platform has of it may become the survivor's, which would be created there otherwise.</summary>
    public static IEnumerable<T> InOrder<T>(IEnumerable<T> all, WorkingSet set, Func<T, Guid> recordOf) =>
        all.OrderBy(item => set.Record(recordOf(item)) is not { MergedIntoId: not null });

    /// <param name="set">Holds the record and its links to the session's platform; takes what has to be stored before the call.</param>
    /// <returns>Null where there is no such record, or the platform has nothing of its kind.</returns>
    public static PushLook? Of(PlatformSession session, WorkingSet set, PushPlanner planner, Guid recordId)
    {
        var there = set.LinkOf(recordId);
        if (set.Record(recordId) is not { } hub || (there?.Ref.Kind ?? session.KindOf(hub)) is not { } kind)
            return null;
        var plan = planner.Look(set, hub.Id, kind, session.MapperOf(kind).WritableOf(hub.Values, session.Lookups));
        var links = plan.Kind == PushKind.Create || there is { State: LinkState.Live }
            ? LinkPlanner.Look(set, hub, kind, session.Connector.LinksOf(kind), session.Policy, isThere: plan.Kind != PushKind.Create)
            : LinkPlan.Nothing;
        return new(hub, kind, plan, links);
    }
}
