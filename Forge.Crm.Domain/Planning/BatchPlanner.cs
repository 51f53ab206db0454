using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>
/// Plans a batch of changes of one tenant's platform over the rows that they concern: webhooks, sync pages and API edits all come
/// through here. Pure but for <paramref name="newId"/>: no clock, no I/O; the result does not depend on the order of the changes.
/// </summary>
/// <param name="shapeOf">The tenant's fields of a kind, in the order of all arrays.</param>
/// <param name="newId">Ids for records that the hub does not have yet.</param>
public sealed partial class BatchPlanner(SyncPolicy policy, Func<RecordKind, RecordShape> shapeOf, Func<Guid> newId)
{
    private readonly List<HistoryEntry> _history = [];
    private readonly ImmutableHashSet<PushDue>.Builder _pushes = ImmutableHashSet.CreateBuilder<PushDue>();

    public BatchPlan Plan(WorkingSet set, IReadOnlyList<RemoteChange> changes)
    {
        _history.Clear();
        _pushes.Clear();
        var results = new ChangeResult[changes.Count];
        for (var i = 0; i < changes.Count; i++)
            results[i] = PlanRecord(set, changes[i]);
        // Associations come last: both ends may be new in this batch.
        for (var i = 0; i < changes.Count; i++)
            results[i] = PlanAssociations(set, changes[i], results[i]);
        return new(ImmutableCollectionsMarshal.AsImmutableArray(results), [.. _history], _pushes.ToImmutable());
    }

    private ChangeResult PlanRecord(WorkingSet set, RemoteChange change)
    {
        var link = set.Link(change.Ref) ?? MergePlanner.TakeOver(set, change, _history, policy.Platform);
        if (link is { IsPlanned: true })
            return ShowPlanned(set, change, link);
        // Of a merge and a deletion told together, the deletion is that of the merged record.
        var merged = Absorb(set, change);
        var result = link is { State: LinkState.Merged }
            ? AfterMerge(set, change, link)
            : link is { State: LinkState.Erased } ? Late(change, link)
            : change.Lifecycle is { Type: ChangeType.Erased } erased ? Erase(set, change, link, erased)
            : Deletion(change) is { } deletion ? Delete(set, change, link, deletion)
            : change.Record is { } record ? Show(set, change, link, record)
            : NotShown(set, change, link);
        merged |= link is null && Absorb(set, change);
        return merged && result.Outcome is ChangeOutcome.Unchanged or ChangeOutcome.Ignored
            ? result with { Outcome = ChangeOutcome.Updated, Reason = null }
            : result;
    }

    private bool Absorb(WorkingSet set, RemoteChange change)
    {
        var concerned = MergePlanner.Absorb(set, change, _history, policy);
        foreach (var id in concerned)
        {
            if (set.Record(id) is { } hub)
                PushChanged(hub, ownPushDue: hub is { DeletedAt: not null, MergedIntoId: null });
        }

        return !concerned.IsEmpty;
    }

    private ChangeResult Show(WorkingSet set, RemoteChange change, RecordLink? link, RemoteRecord record)
    {
        if (link is null)
        {
            var started = Start(set, change, record);
            NoteBack(set, change);
            return started;
        }

        if (record.Version < link.RemoteVersion || (record.Version == link.RemoteVersion && record.ReadAt < link.ReadAt))
            return Outdated(set, change, link);
        if (link.State == LinkState.Deleted && !IsRestored(change, link, record))
            return Outlived(set, change, link);
        if (link.State == LinkState.Deleted && set.IsLinked(link.RecordId))
            return StartAnew(set, change, link, record); // it was created anew in the meantime: this is another one now
        NoteBack(set, change);
        return Update(set, change, set.Link(change.Ref)!, record);
    }

    // The deletion before a restoration may be heard of after it.
    private static void NoteBack(WorkingSet set, RemoteChange change)
    {
        if (change.Lifecycle is { Type: ChangeType.Restored } restored && set.Link(change.Ref) is { State: LinkState.Live } link && restored.At >= link.StateAt)
            set.Put(link with { StateAt = Since(restored) });
    }

    // The answer to a write that came after a newer snapshot still says that the write is over.
    private ChangeResult Outdated(WorkingSet set, RemoteChange change, RecordLink link)
    {
        if (change.OwnWrite == OwnWrite.Answer && !link.Sent.IsEmpty)
            set.Put(link with { Sent = ImmutableDictionary<int, Sent>.Empty });
        if (change.IsLast)
            HearUnshown(set, change, link, change.Told);
        return new(ChangeOutcome.Outdated, link.RecordId, "a newer snapshot was applied before");
    }

    // What is read this long after a deletion was heard of shows it: no platform answers from a state that is older.
    private static readonly TimeSpan LongestLag = TimeSpan.FromMinutes(1);

    private static bool IsRestored(RemoteChange change, RecordLink link, RemoteRecord record) =>
        record.Version > link.StateAt
        || (change.Lifecycle is { Type: ChangeType.Restored } restored && restored.At >= link.StateAt)
        || (record.Version + record.Tick > link.StateAt && record.ReadAt - link.ReadAt > LongestLag);

    // Just after: a deletion in the same tick of the platform's clock came before the restoration that undid it.
    private static DateTimeOffset Since(Lifecycle restored) => restored.At.AddMicroseconds(1);

    private static DateTimeOffset Since(RemoteChange change, RecordLink gone, RemoteRecord record) =>
        change.Lifecycle is { Type: ChangeType.Restored } restored ? Since(restored)
        : record.Version > gone.StateAt ? record.Version
        : gone.StateAt.AddMicroseconds(1);

    private ChangeResult Update(WorkingSet set, RemoteChange change, RecordLink link, RemoteRecord record)
    {
        var hub = set.Record(link.RecordId)
            ?? throw new InvalidOperationException($"The link of {change.Ref} points to a record that was not loaded.");
        var shape = shapeOf(hub.Kind);
        var fields = FieldPlanner.Plan(hub, link, change, shape, policy, set.ConflictsOf(hub.Id));
        if (ReferenceEquals(fields, FieldsPlan.NeedsHistory))
            return new(ChangeOutcome.NeedsHistory, hub.Id);
        var isBack = link.State == LinkState.Deleted;
        if (fields is null && !isBack)
            return Seen(set, link, record);

        var next = fields?.Hub ?? hub;
        if (hub.DeletedAt is not null && hub.MergedIntoId is null && (isBack || fields is { IsInUse: true }))
        {
            if (policy.TakesIn)
            {
                next = next with { DeletedAt = null };
                Note(hub, HistoryAction.Restore, null, null, Earlier(record.Version, record.ReadAt), change.Cause);
            }
            else
                Push(hub, policy.Platform); // to be deleted there once more
        }

        if (isBack)
            next = BroughtBack(next, record, change.Cause);
        if (isBack && hub.MergedIntoId is not null)
            Push(hub, policy.Platform); // to be merged here too
        return Store(set, hub, next, link, (fields?.Link ?? link) with
        {
            State = LinkState.Live,
            StateAt = isBack ? Since(change, link, record) : link.StateAt,
        }, record, fields);
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    // A version with nothing new for us still counts: an older snapshot that comes after it must not pass for a newer one.
    private static ChangeResult Seen(WorkingSet set, RecordLink link, RemoteRecord record)
    {
        if (!(link.RemoteVersion >= record.Version))
            set.Put(link with { RemoteVersion = record.Version, ReadAt = record.ReadAt });
        return new(ChangeOutcome.Unchanged, link.RecordId);
    }

    private ChangeResult Store(
        WorkingSet set, HubRecord hub, HubRecord next, RecordLink link, RecordLink nextLink, RemoteRecord record, FieldsPlan? fields)
    {
        _history.AddRange(fields?.History ?? []);
        foreach (var conflict in fields?.Conflicts ?? [])
            set.Put(conflict);
        var hubChanged = !ReferenceEquals(hub, next);
        if (hubChanged)
            set.Put(next);
        if (hubChanged || !ReferenceEquals(fields?.Link ?? link, link) || nextLink.State != link.State || !(link.RemoteVersion >= record.Version))
            set.Put(nextLink with { RemoteVersion = record.Version, ReadAt = record.ReadAt });
        var duplicate = ClaimKeys(set, record, next);
        var isFree = fields?.Conflicts.Any(conflict => !conflict.IsOpen) == true; // what was held against this platform was held from all
        if (hubChanged || isFree)
            PushChanged(next, fields?.IsPushDue ?? false);
        else if (fields?.IsPushDue ?? false)
            Push(next, policy.Platform);
        return fields is { IsInFlight: true }
            ? new(ChangeOutcome.Outdated, hub.Id, "a write of ours is under way: what it runs over is told when it is over")
            : new(hubChanged ? ChangeOutcome.Updated : ChangeOutcome.Unchanged, hub.Id, duplicate);
    }

    private ChangeResult PlanAssociations(WorkingSet set, RemoteChange change, ChangeResult result)
    {
        if (!policy.TakesIn || change.Associations.IsDefaultOrEmpty || result.Outcome is ChangeOutcome.NeedsHistory or ChangeOutcome.Erased)
            return result;
        AssociationsPlan plan = default;
        foreach (var shown in change.Associations)
            plan |= AssociationPlanner.Plan(set, shown, change, policy.Platform, _history);
        if (plan.IsBehind && result.Outcome is ChangeOutcome.Unchanged or ChangeOutcome.Ignored)
            result = new(ChangeOutcome.Outdated, result.RecordId, "its associations were read before we wrote them");
        if (!plan.IsChanged)
            return result;
        if (set.Link(change.Ref) is { } link && set.Record(link.RecordId) is { } hub)
            PushChanged(hub, ownPushDue: false);
        return result.Outcome is ChangeOutcome.Unchanged or ChangeOutcome.Ignored ? result with { Outcome = ChangeOutcome.Updated, Reason = null } : result;
    }

    private void PushChanged(HubRecord hub, bool ownPushDue)
    {
        foreach (var target in policy.Targets)
        {
            if ((target.Platform != policy.Platform || ownPushDue) && target.Kinds.Contains(hub.Kind))
                _pushes.Add(new(target.Platform, hub.Kind, hub.Id));
        }
    }

    private void Push(HubRecord hub, Platform platform)
    {
        if (policy.Pushes(platform, hub.Kind))
            _pushes.Add(new(platform, hub.Kind, hub.Id));
    }

    private void Note(HubRecord hub, HistoryAction action, string? old, string? @new, DateTimeOffset at, Cause cause) =>
        _history.Add(new(hub.Kind, hub.Id, action, null, old, @new, policy.Platform, at, cause));
}
