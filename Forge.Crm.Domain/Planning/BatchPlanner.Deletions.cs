using System.Collections.Immutable;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>What is gone: deletions, erasures, merged ids, and what is still told of them.</summary>
public sealed partial class BatchPlanner
{
    // An alias says nothing any more, unless the platform brought the loser back: then it is a record of its own again.
    private ChangeResult AfterMerge(WorkingSet set, RemoteChange change, RecordLink link)
    {
        var deletion = Deletion(change);
        if (deletion is null && change.Record is { } record && IsRestored(change, link, record))
            return StartAnew(set, change, link, record);
        if (deletion?.At > link.StateAt)
            set.Put(link = EndedBy(deletion, link)); // it was back, and is gone again
        HearUnshown(set, change, link, Shown(change, link));
        return change.Record is null
            ? new(ChangeOutcome.Ignored, link.RecordId, "the link is merged")
            : new(ChangeOutcome.Outdated, link.RecordId, "the link is merged; this snapshot is older than the merge");
    }

    private ChangeResult StartAnew(WorkingSet set, RemoteChange change, RecordLink link, RemoteRecord record)
    {
        var gone = HearUnshown(set, change, link, change.Told);
        var result = Start(set, change, record with { SyncId = null });
        if (set.Link(change.Ref) is { State: LinkState.Live } anew)
            set.Put(Remembering(anew, gone) with { StateAt = Since(change, gone, record) });
        return result;
    }

    private ChangeResult Outlived(WorkingSet set, RemoteChange change, RecordLink link)
    {
        HearUnshown(set, change, link, Shown(change, link));
        return new(ChangeOutcome.Outdated, link.RecordId, "deleted; this snapshot is older than the deletion");
    }

    // It is the same record there: what we wrote into it, and what that ran over, may be told of yet.
    private static RecordLink Remembering(RecordLink anew, RecordLink gone) => anew with
    {
        Pushed = gone.Pushed.SetItems(anew.Pushed),
        SeenStamps = [.. anew.SeenStamps.Select((seen, i) => gone.SeenStamps[i].IsNone || anew.Seen[i] != gone.Seen[i] ? seen : gone.SeenStamps[i])],
    };

    /// <summary>The record's deletion, if it is deleted: an event or a listing says so, and no newer snapshot shows it alive.</summary>
    private static Lifecycle? Deletion(RemoteChange change) =>
        change.Record is { ArchivedAt: { } archived } record ? new(ChangeType.Deleted, archived, record.ReadAt)
        : change.Lifecycle is { Type: ChangeType.Deleted } deleted && !(change.Record?.Version >= deleted.At) ? deleted
        : null;

    // A read that does not show the record says nothing; but what events said of it must not be lost without a trace.
    private ChangeResult NotShown(WorkingSet set, RemoteChange change, RecordLink? link)
    {
        if (link is not null)
            HearUnshown(set, change, link, change.Told);
        return new(ChangeOutcome.Ignored, link?.RecordId, "the platform no longer shows the record, and no event deleted it");
    }

    // A snapshot from before it was gone tells as well, where it is newer than what was seen.
    private IEnumerable<ToldValue> Shown(RemoteChange change, RecordLink link) => change.Record is { } record && !(record.Version < link.RemoteVersion)
        ? change.Told.Concat(record.Fields
            .Select((field, i) => new ToldValue(i, field.Value, field.Stamp, record.ReadAt))
            .Where(shown => !shown.Stamp.IsNone && !link.SeenStamps[shown.Field].IsNone
                && !Canonical.Same(shapeOf(link.Ref.Kind.ToRecordKind()).Fields[shown.Field].Type, shown.Value, link.Seen[shown.Field], policy.Locale)))
        : change.Told;

    /// <returns>The link as it is then.</returns>
    private RecordLink HearUnshown(WorkingSet set, RemoteChange change, RecordLink link, IEnumerable<ToldValue> all)
    {
        if (set.Record(link.RecordId) is not { } hub)
            return link;
        var (seen, pushed) = (link.SeenStamps, link.Pushed);
        foreach (var told in all)
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
            set.Put(link = link with { SeenStamps = seen, Pushed = pushed });
        return link;
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
        if (link.State == LinkState.Deleted || (!isOurs && (link.StateAt > deletion.At || link.RemoteVersion > deletion.At || IsShownSince(link, deletion))))
        {
            if (link.State == LinkState.Deleted && deletion.At > link.StateAt)
                set.Put(link = EndedBy(deletion, link.WithoutSent(deletion.At))); // of our own deletions the platform's time is heard of here
            HearUnshown(set, change, link, link.State == LinkState.Deleted ? Shown(change, link) : change.Told);
            return new(ChangeOutcome.Unchanged, link.RecordId); // known already, or alive again since
        }

        // Of our own the time is not known yet: what was sent before may have been done at any time until then.
        set.Put(link = EndedBy(deletion, isOurs ? link : link.WithoutSent(deletion.At)) with { State = LinkState.Deleted });
        if (set.Record(link.RecordId) is not { } hub)
            return new(ChangeOutcome.Deleted, link.RecordId);
        HearUnshown(set, change, link, Shown(change, link));
        if (CloseConflicts(set, set.ConflictsOf(hub.Id).Where(conflict => conflict.Platform == policy.Platform)))
            PushChanged(hub, ownPushDue: false); // what was held against this platform was held from all
        if (hub.IsLive && isOurs)
            Push(hub, policy.Platform); // brought back while we deleted it there
        else if (hub.IsLive && policy.OnDelete == DeletePolicy.Propagate)
            Propagate(set, change, link, hub, deletion);
        else if (hub.IsLive && policy.OnDelete == DeletePolicy.Archive)
            Archive(set, change, hub, deletion);
        return new(ChangeOutcome.Deleted, link.RecordId);
    }

    // A read that began this long after it was heard of showed the record: it was brought back, in the same tick of the platform's clock.
    private static bool IsShownSince(RecordLink link, Lifecycle deletion) => link.ReadAt - deletion.HeardAt > LongestLag;

    private static RecordLink EndedBy(Lifecycle deletion, RecordLink link) => link with
    {
        StateAt = deletion.At,
        ReadAt = deletion.HeardAt == DateTimeOffset.MaxValue || deletion.HeardAt < link.ReadAt ? link.ReadAt : deletion.HeardAt,
    };

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
        CloseConflicts(set, set.ConflictsOf(hub.Id));
        PushChanged(hub, ownPushDue: false);
    }

    private static bool CloseConflicts(WorkingSet set, IEnumerable<FieldConflict> conflicts)
    {
        var isAny = false;
        foreach (var conflict in conflicts)
        {
            set.Put(new ConflictChange(conflict, IsOpen: false));
            isAny = true;
        }

        return isAny;
    }
}
