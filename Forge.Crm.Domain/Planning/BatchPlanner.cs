using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
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
        return new(ImmutableCollectionsMarshal.AsImmutableArray(results), [.. _history], _pushes.ToImmutable());
    }

    private ChangeResult PlanRecord(WorkingSet set, RemoteChange change)
    {
        var link = set.Link(change.Ref) ?? MergePlanner.TakeOver(set, change, _history, policy.Platform);
        // Of a merge and a deletion told together, the deletion is that of the merged record.
        var merged = Absorb(set, change);
        link = set.Link(change.Ref) ?? link;
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
        var concerned = MergePlanner.Absorb(set, change, _history, policy.Platform);
        foreach (var id in concerned)
        {
            if (set.Record(id) is { } hub)
                PushChanged(hub, ownPushDue: hub is { DeletedAt: not null, MergedIntoId: null });
        }

        return !concerned.IsEmpty;
    }

    // An alias says nothing any more, unless the platform brought the loser back: then it is a record of its own again.
    private ChangeResult AfterMerge(WorkingSet set, RemoteChange change, RecordLink link)
    {
        if (change.Record is { ArchivedAt: null } record && record.Version > link.StateAt)
            return StartAnew(set, change, link, record);
        if (change.Record is not null)
            return new(ChangeOutcome.Outdated, link.RecordId, "the link is merged; this snapshot is older than the merge");
        if (set.Record(link.RecordId) is { } hub)
            HearOfAbsent(set, change, link, hub);
        return new(ChangeOutcome.Ignored, link.RecordId, "the link is merged");
    }

    private ChangeResult StartAnew(WorkingSet set, RemoteChange change, RecordLink link, RemoteRecord record)
    {
        if (set.Record(link.RecordId) is { } hub)
            HearOfAbsent(set, change, link, hub);
        return Start(set, change, record with { SyncId = null });
    }

    /// <summary>The record's deletion, if it is deleted: an event or a listing says so, and no newer snapshot shows it alive.</summary>
    private static Lifecycle? Deletion(RemoteChange change) =>
        change.Record is { ArchivedAt: { } archived } record ? new(ChangeType.Deleted, archived, record.ReadAt)
        : change.Lifecycle is { Type: ChangeType.Deleted } deleted && !(change.Record?.Version >= deleted.At) ? deleted
        : null;

    // A read that does not show the record says nothing; but what events said of it must not be lost without a trace.
    private ChangeResult NotShown(WorkingSet set, RemoteChange change, RecordLink? link)
    {
        if (link is not null && set.Record(link.RecordId) is { } hub)
            HearOfAbsent(set, change, link, hub);
        return new(ChangeOutcome.Ignored, link?.RecordId, "the platform no longer shows the record, and no event deleted it");
    }

    private void HearOfAbsent(WorkingSet set, RemoteChange change, RecordLink link, HubRecord hub)
    {
        var (seen, pushed) = (link.SeenStamps, link.Pushed);
        foreach (var told in change.Told.IsDefaultOrEmpty ? [] : change.Told)
        {
            var (i, at) = (told.Field, told.Stamp.At);
            var field = shapeOf(hub.Kind).Fields[i];
            var writes = pushed.GetValueOrDefault(i);
            if ((at <= seen[i].At && writes?.Writes.Any(write => write.RanOver(at)) != true) || writes?.MayBeOurs(told.Value, at) == true)
                continue;
            if (!Canonical.Same(field.Type, told.Value, link.Seen[i], policy.Locale))
                _history.Add(new(hub.Kind, hub.Id, HistoryAction.Lost, field.Name, hub.Values[i], told.Value, policy.Platform, at, change.Cause));
            seen = at > seen[i].At ? seen.SetItem(i, told.Stamp) : seen;
            pushed = writes is null ? pushed : pushed.SetItem(i, writes.Heard(at));
        }

        if (seen != link.SeenStamps || pushed != link.Pushed)
            set.Put(link with { SeenStamps = seen, Pushed = pushed });
    }

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
        var stamps = Enumerable.Repeat(new Stamp(erased.HubAt, policy.Platform), shape.Count);
        var hub = new HubRecord(newId(), shape.Kind, ImmutableArray.Create(new string?[shape.Count]), [.. stamps], DeletedAt: erased.HubAt);
        set.Put(hub);
        set.Put(RecordLink.New(change.Ref, hub.Id, erased.At, shape) with { State = LinkState.Erased });
        return new(ChangeOutcome.Erased, hub.Id);
    }

    private ChangeResult Delete(WorkingSet set, RemoteChange change, RecordLink? link, Lifecycle deletion)
    {
        if (link is null)
            return new(ChangeOutcome.Ignored, null, "deleted before it was ever seen");
        var isOurs = change.OwnWrite == OwnWrite.Answer;
        if (link.State == LinkState.Deleted || (!isOurs && (link.StateAt > deletion.At || link.RemoteVersion > deletion.At)))
        {
            if (link.State == LinkState.Deleted && deletion.At > link.StateAt)
                set.Put(link = link with { StateAt = deletion.At }); // of our own deletions the platform's time is heard of here
            if (link.State == LinkState.Deleted && set.Record(link.RecordId) is { } known)
                HearOfAbsent(set, change, link, known);
            return new(ChangeOutcome.Unchanged, link.RecordId); // known already, or alive again since
        }

        set.Put(link = link with { State = LinkState.Deleted, StateAt = deletion.At, Sent = ImmutableDictionary<int, Sent>.Empty });
        if (set.Record(link.RecordId) is not { } hub)
            return new(ChangeOutcome.Deleted, link.RecordId);
        HearOfAbsent(set, change, link, hub);
        if (hub.IsLive && isOurs)
            Push(hub, policy.Platform); // brought back while we deleted it there
        else if (hub.IsLive && policy.OnDelete == DeletePolicy.Propagate)
            Propagate(set, change, link, hub, deletion);
        return new(ChangeOutcome.Deleted, link.RecordId);
    }

    // An edit that the deleting side had not seen, and that came later, keeps the record alive: it is created there again.
    private void Propagate(WorkingSet set, RemoteChange change, RecordLink link, HubRecord hub, Lifecycle deletion)
    {
        for (var i = 0; i < hub.Stamps.Length; i++)
        {
            if (hub.Stamps[i] == link.Level[i] || hub.Stamps[i].At <= deletion.HubAt || hub.Values[i] == link.Seen[i])
                continue;
            Note(hub, HistoryAction.Lost, "deleted", null, deletion.HubAt, change.Cause);
            PushChanged(hub, ownPushDue: true);
            return;
        }

        set.Put(hub with { DeletedAt = deletion.HubAt });
        Note(hub, HistoryAction.Delete, null, null, deletion.HubAt, change.Cause);
        foreach (var conflict in set.ConflictsOf(hub.Id))
            set.Put(new ConflictChange(conflict, IsOpen: false));
        PushChanged(hub, ownPushDue: false);
    }

    private ChangeResult Show(WorkingSet set, RemoteChange change, RecordLink? link, RemoteRecord record)
    {
        if (link is null)
            return Start(set, change, record);
        if (record.Version < link.RemoteVersion || (record.Version == link.RemoteVersion && record.ReadAt < link.ReadAt))
            return Outdated(set, change, link);
        if (link.State == LinkState.Deleted && !IsRestored(change, link, record))
            return new(ChangeOutcome.Outdated, link.RecordId, "deleted; this snapshot is older than the deletion");
        if (link.State == LinkState.Deleted && set.IsLinked(link.RecordId))
            return StartAnew(set, change, link, record); // it was created anew in the meantime: this is another one now
        if (link.State == LinkState.Live && change.Lifecycle is { Type: ChangeType.Restored } restored && restored.At >= link.StateAt)
            set.Put(link = link with { StateAt = Since(restored) }); // the deletion before it may be heard of after it
        return Update(set, change, link, record);
    }

    // The answer to a write that came after a newer snapshot still says that the write is over.
    private static ChangeResult Outdated(WorkingSet set, RemoteChange change, RecordLink link)
    {
        if (change.OwnWrite == OwnWrite.Answer && !link.Sent.IsEmpty)
            set.Put(link with { Sent = ImmutableDictionary<int, Sent>.Empty });
        return new(ChangeOutcome.Outdated, link.RecordId, "a newer snapshot was applied before");
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
        var fields = FieldPlanner.Plan(hub, link, change, shape, policy, set.ConflictsOf(hub.Id));
        if (ReferenceEquals(fields, FieldsPlan.NeedsHistory))
            return new(ChangeOutcome.NeedsHistory, hub.Id);
        var isBack = link.State == LinkState.Deleted;
        if (fields is null && !isBack)
            return Seen(set, link, record);

        var next = fields?.Hub ?? hub;
        if (hub.DeletedAt is not null && hub.MergedIntoId is null && (isBack || fields is { IsInUse: true }))
        {
            next = next with { DeletedAt = null };
            Note(hub, HistoryAction.Restore, null, null, Earlier(record.Version, record.ReadAt), change.Cause);
        }

        if (isBack && hub.MergedIntoId is not null)
            Push(hub, policy.Platform); // to be merged here too
        return Store(set, hub, next, link, (fields?.Link ?? link) with
        {
            State = LinkState.Live,
            StateAt = !isBack ? link.StateAt : change.Lifecycle is { } restored ? Since(restored) : record.Version,
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
        if (hubChanged)
            PushChanged(next, fields?.IsPushDue ?? false);
        else if (fields?.IsPushDue ?? false)
            Push(next, policy.Platform);
        return new(hubChanged ? ChangeOutcome.Updated : ChangeOutcome.Unchanged, hub.Id, duplicate);
    }

    /// <summary>First sight: the record is joined to the one that we created it for, or that holds one of its match keys, or starts a new one.</summary>
    private ChangeResult Start(WorkingSet set, RemoteChange change, RemoteRecord record)
    {
        var kind = record.Ref.Kind.ToRecordKind();
        if (record.SyncId is { } own && set.Link(RecordLink.NewRef(record.Ref.Kind, own)) is { State: LinkState.Erased } erased)
        {
            set.Put(erased with { Ref = record.Ref }); // erased while it was being created: so is what the platform made of it
            return new(ChangeOutcome.Erased, own);
        }

        if (record.SyncId is { } id && set.Record(id) is { } made && made.Kind == kind && !set.IsLinked(id))
            return Join(set, change, record, made);
        foreach (var key in record.Keys)
        {
            if (set.Holder(kind, key) is { } holder && set.Record(holder) is { } held && set.Survivor(held) is { IsLive: true } match
                && !set.IsLinked(match.Id) && Carries(match, key))
                return Join(set, change, record, match);
        }

        return Create(set, change, record, kind);
    }

    private bool Carries(HubRecord hub, string key) => MatchKeys.Of(shapeOf(hub.Kind), i => hub.Values[i]).Contains(key);

    private ChangeResult Join(WorkingSet set, RemoteChange change, RemoteRecord record, HubRecord hub)
    {
        var shape = shapeOf(hub.Kind);
        var creating = set.Link(RecordLink.NewRef(record.Ref.Kind, hub.Id)) is { State: LinkState.Creating } underWay ? underWay : null;
        var link = RecordLink.New(record.Ref, hub.Id, record.CreatedAt, shape) with { Sent = creating?.Sent ?? ImmutableDictionary<int, Sent>.Empty };
        var fields = FieldPlanner.Plan(hub, link, change, shape, policy, set.ConflictsOf(hub.Id));
        if (ReferenceEquals(fields, FieldsPlan.NeedsHistory))
            return new(ChangeOutcome.NeedsHistory, hub.Id);
        if (creating is not null)
            set.Put(creating with { State = LinkState.Merged, MergedInto = record.Ref.Id, Sent = ImmutableDictionary<int, Sent>.Empty });
        var joined = fields?.Link ?? link;
        set.Put(joined with { RemoteVersion = record.Version, ReadAt = record.ReadAt });
        var result = Store(set, hub, fields?.Hub ?? hub, link, joined, record, fields);
        if (!hub.IsLive)
            Push(hub, policy.Platform); // gone while it was being created
        return result with { Outcome = ChangeOutcome.Updated };
    }

    private ChangeResult Create(WorkingSet set, RemoteChange change, RemoteRecord record, RecordKind kind)
    {
        var shape = shapeOf(kind);
        var stamp = new Stamp(Earlier(record.Version, record.ReadAt), policy.Platform, IsApproximate: true);
        var hub = new HubRecord(
            newId(), kind,
            [.. record.Fields.Select(field => field.Value)],
            [.. record.Fields.Select(field => field.IsKnown ? field.Stamp.NotAfter(record.ReadAt) : stamp)]);
        set.Put(hub);
        set.Put(RecordLink.New(record.Ref, hub.Id, record.CreatedAt, shape) with
        {
            RemoteVersion = record.Version,
            ReadAt = record.ReadAt,
            Seen = hub.Values,
            SeenStamps = [.. record.Fields.Select(field => field.Stamp)],
            Level = [.. record.Fields.Select((field, i) => field.IsKnown ? hub.Stamps[i] : Stamp.None)],
        });
        var duplicate = ClaimKeys(set, record, hub);
        Note(hub, HistoryAction.Create, null, CreatedValues.Json(shape, hub.Values), record.CreatedAt, change.Cause);
        PushChanged(hub, ownPushDue: false);
        return new(ChangeOutcome.Created, hub.Id, duplicate);
    }

    /// <returns>What to tell a person where another record keeps a key; null where none does.</returns>
    private string? ClaimKeys(WorkingSet set, RemoteRecord record, HubRecord hub)
    {
        Guid? other = null;
        foreach (var key in record.Keys)
            other = set.Claim(hub.Kind, key, hub.Id, Carries) ?? other;
        return other is { } id ? $"possible duplicate of {hub.Kind.ToName()} {id}" : null;
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
        if (policy.Pushes(platform, hub.Kind))
            _pushes.Add(new(platform, hub.Kind, hub.Id));
    }

    private void Note(HubRecord hub, HistoryAction action, string? old, string? @new, DateTimeOffset at, Cause cause) =>
        _history.Add(new(hub.Kind, hub.Id, action, null, old, @new, policy.Platform, at, cause));
}
