using System.Collections.Immutable;
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
public sealed class BatchPlanner(SyncPolicy policy, Func<RecordKind, RecordShape> shapeOf, Func<Guid> newId)
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
        return new([.. results], [.. _history], _pushes.ToImmutable());
    }

    private ChangeResult PlanRecord(WorkingSet set, RemoteChange change)
    {
        var link = set.Link(change.Ref) ?? MergePlanner.TakeOver(set, change, _history, policy.Platform);
        var result = link is { State: LinkState.Merged }
            ? new(ChangeOutcome.Ignored, link.RecordId, "the link is merged")
            : link is { State: LinkState.Erased } ? Late(change, link)
            : change.Lifecycle is { Type: ChangeType.Erased } erased ? Erase(set, change, link, erased)
            : IsGone(change) is { } at ? Delete(set, change, link, at)
            : change.Record is { } record ? Show(set, change, link, record)
            : new(ChangeOutcome.Ignored, link?.RecordId, "the platform no longer shows the record, and no event deleted it");
        var absorbed = MergePlanner.Absorb(set, change, _history, policy.Platform);
        return absorbed && result.Outcome is (ChangeOutcome.Unchanged or ChangeOutcome.Ignored)
            ? result with { Outcome = ChangeOutcome.Updated, Reason = null }
            : result;
    }

    /// <summary>When the record was deleted, if it is: an event or a listing says so, and no newer snapshot shows it alive.</summary>
    private static DateTimeOffset? IsGone(RemoteChange change) =>
        change.Record?.ArchivedAt is { } archived ? archived
        : change.Lifecycle is { Type: ChangeType.Deleted } deleted && !(change.Record?.Version >= deleted.At) ? deleted.At
        : null;

    /// <summary>Something about an erased record: an event carries personal data into the journal once more, so the erasure is done again.</summary>
    private static ChangeResult Late(RemoteChange change, RecordLink link) => change.Cause.Kind == CauseKind.Event
        ? new(ChangeOutcome.Erased, link.RecordId)
        : new(ChangeOutcome.Ignored, link.RecordId, "the link is erased");

    private ChangeResult Erase(WorkingSet set, RemoteChange change, RecordLink? link, Lifecycle erased)
    {
        if (link is not null)
            return new(ChangeOutcome.Erased, link.RecordId);
        // Never seen, but its events may be in the journal: an empty tombstone gives the erasure something to hold on to.
        var shape = shapeOf(change.Ref.Kind.ToRecordKind());
        var stamps = Enumerable.Repeat(new Stamp(erased.At, policy.Platform), shape.Count);
        var hub = new HubRecord(newId(), shape.Kind, ImmutableArray.Create(new string?[shape.Count]), [.. stamps], DeletedAt: erased.At);
        set.Put(hub);
        set.Put(NewLink(change.Ref, hub.Id, erased.At, shape) with { State = LinkState.Erased });
        return new(ChangeOutcome.Erased, hub.Id);
    }

    private ChangeResult Delete(WorkingSet set, RemoteChange change, RecordLink? link, DateTimeOffset at)
    {
        if (link is null)
            return new(ChangeOutcome.Ignored, null, "deleted before it was ever seen");
        if (link.State == LinkState.Deleted || link.StateAt > at || link.RemoteVersion > at)
            return new(ChangeOutcome.Unchanged, link.RecordId); // known already, or alive again since
        set.Put(link with { State = LinkState.Deleted, StateAt = at });
        if (policy.OnDelete == DeletePolicy.Propagate && set.Record(link.RecordId) is { DeletedAt: null } hub)
        {
            set.Put(hub with { DeletedAt = at });
            Note(hub, HistoryAction.Delete, null, null, at, change.Cause);
            PushChanged(hub, ownPushDue: false);
        }

        return new(ChangeOutcome.Deleted, link.RecordId);
    }

    private ChangeResult Show(WorkingSet set, RemoteChange change, RecordLink? link, RemoteRecord record)
    {
        if (link is null)
            return Start(set, change, record);
        if (record.Version < link.RemoteVersion || (record.Version == link.RemoteVersion && record.ReadAt < link.ReadAt))
            return new(ChangeOutcome.Ignored, link.RecordId, "a newer snapshot was applied before");
        if (link.State == LinkState.Deleted && !IsRestored(change, link, record))
            return new(ChangeOutcome.Ignored, link.RecordId, "deleted; this snapshot is older than the deletion");
        if (link.State == LinkState.Live && change.Lifecycle is { Type: ChangeType.Restored } restored && restored.At >= link.StateAt)
            set.Put(link = link with { StateAt = Since(restored) }); // the deletion before it may be heard of after it
        return Update(set, change, link, record);
    }

    private static bool IsRestored(RemoteChange change, RecordLink link, RemoteRecord record) =>
        record.Version > link.StateAt || (change.Lifecycle is { Type: ChangeType.Restored } restored && restored.At >= link.StateAt);

    // Just after: a deletion in the same tick of the platform's clock came before the restoration that undid it.
    private static DateTimeOffset Since(Lifecycle restored) => restored.At.AddMicroseconds(1);

    private ChangeResult Update(WorkingSet set, RemoteChange change, RecordLink link, RemoteRecord record)
    {
        var hub = set.Record(link.RecordId)
            ?? throw new InvalidOperationException($"The link of {change.Ref} points to a record that was not loaded.");
        var shape = shapeOf(hub.Kind);
        var fields = FieldPlanner.Plan(hub, link, record, shape, policy, change.Cause, change.CanAskHistory);
        if (fields is { NeedsHistory: true })
            return new(ChangeOutcome.NeedsHistory, hub.Id);
        var isRevived = link.State == LinkState.Deleted;
        if (fields is null && !isRevived)
            return Seen(set, link, record);

        var next = fields?.Hub ?? hub;
        if (isRevived && hub.DeletedAt is not null && hub.MergedIntoId is null)
        {
            next = next with { DeletedAt = null };
            Note(hub, HistoryAction.Restore, null, null, record.Version, change.Cause);
        }

        return Store(set, hub, next, link, (fields?.Link ?? link) with
        {
            State = LinkState.Live,
            StateAt = !isRevived ? link.StateAt : change.Lifecycle is { } restored ? Since(restored) : record.Version,
        }, record, fields);
    }

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
        var hubChanged = !ReferenceEquals(hub, next);
        if (hubChanged)
            set.Put(next);
        if (hubChanged || !ReferenceEquals(fields?.Link ?? link, link) || nextLink.State != link.State || !(link.RemoteVersion >= record.Version))
            set.Put(nextLink with { RemoteVersion = record.Version, ReadAt = record.ReadAt });
        Claim(set, record, hub.Id);
        if (hubChanged)
            PushChanged(next, fields?.IsPushDue ?? false);
        else if (fields?.IsPushDue ?? false)
            Push(next, policy.Platform);
        return new(hubChanged ? ChangeOutcome.Updated : ChangeOutcome.Unchanged, hub.Id);
    }

    /// <summary>First sight: the record is joined to the hub record that holds one of its match keys, or starts a new one.</summary>
    private ChangeResult Start(WorkingSet set, RemoteChange change, RemoteRecord record)
    {
        var kind = record.Ref.Kind.ToRecordKind();
        var match = record.Keys
            .Select(key => set.Holder(kind, key))
            .Select(id => id is { } holder && !set.IsLinked(holder) ? set.Record(holder) : null)
            .FirstOrDefault(hub => hub is { IsLive: true });
        return match is null ? Create(set, change, record, kind) : Join(set, change, record, match);
    }

    private ChangeResult Join(WorkingSet set, RemoteChange change, RemoteRecord record, HubRecord hub)
    {
        var shape = shapeOf(hub.Kind);
        var link = NewLink(record.Ref, hub.Id, record.CreatedAt, shape);
        var fields = FieldPlanner.Plan(hub, link, record, shape, policy, change.Cause, change.CanAskHistory);
        if (fields is { NeedsHistory: true })
            return new(ChangeOutcome.NeedsHistory, hub.Id);
        set.Put((fields?.Link ?? link) with { RemoteVersion = record.Version, ReadAt = record.ReadAt });
        return Store(set, hub, fields?.Hub ?? hub, link, fields?.Link ?? link, record, fields) with { Outcome = ChangeOutcome.Updated };
    }

    private ChangeResult Create(WorkingSet set, RemoteChange change, RemoteRecord record, RecordKind kind)
    {
        var shape = shapeOf(kind);
        var stamp = new Stamp(record.Version, policy.Platform, IsApproximate: true);
        var hub = new HubRecord(
            newId(), kind,
            [.. record.Fields.Select(field => field.Value)],
            [.. record.Fields.Select(field => field.IsKnown ? field.Stamp : stamp)]);
        set.Put(hub);
        set.Put(NewLink(record.Ref, hub.Id, record.CreatedAt, shape) with
        {
            RemoteVersion = record.Version,
            ReadAt = record.ReadAt,
            Seen = hub.Values,
            SeenStamps = [.. record.Fields.Select(field => field.Stamp)],
            Level = [.. record.Fields.Select(field => field.IsKnown ? field.Stamp : Stamp.None)],
        });
        Claim(set, record, hub.Id);
        Note(hub, HistoryAction.Create, null, CreatedValues.Json(shape, hub.Values), record.CreatedAt, change.Cause);
        PushChanged(hub, ownPushDue: false);
        return new(ChangeOutcome.Created, hub.Id);
    }

    private static RecordLink NewLink(RemoteRef reference, Guid recordId, DateTimeOffset at, RecordShape shape)
    {
        var noStamps = ImmutableArray.Create(new Stamp[shape.Count]);
        return new(
            reference, recordId, LinkState.Live, at, null, null, null,
            ImmutableArray.Create(new string?[shape.Count]), noStamps, noStamps, ImmutableDictionary<int, Sent>.Empty);
    }

    private static void Claim(WorkingSet set, RemoteRecord record, Guid id)
    {
        foreach (var key in record.Keys)
            set.Claim(record.Ref.Kind.ToRecordKind(), key, id);
    }

    private ChangeResult PlanAssociations(WorkingSet set, RemoteChange change, ChangeResult result)
    {
        if (change.Associations.IsDefaultOrEmpty || result.Outcome is ChangeOutcome.NeedsHistory or ChangeOutcome.Erased)
            return result;
        var changed = false;
        foreach (var shown in change.Associations)
            changed |= AssociationPlanner.Plan(set, shown, change, policy.Platform, _history);
        if (!changed)
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
        if (policy.Targets.Any(target => target.Platform == platform && target.Kinds.Contains(hub.Kind)))
            _pushes.Add(new(platform, hub.Kind, hub.Id));
    }

    private void Note(HubRecord hub, HistoryAction action, string? old, string? @new, DateTimeOffset at, Cause cause) =>
        _history.Add(new(hub.Kind, hub.Id, action, null, old, @new, policy.Platform, at, cause));
}
