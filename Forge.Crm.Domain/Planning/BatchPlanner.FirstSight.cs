using System.Collections.Immutable;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>A record that the hub has no link to: joined to one that it has, or a new one.</summary>
public sealed partial class BatchPlanner
{
    // After that no answer to a creation comes any more, its waits for the budget included.
    private static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(3);

    /// <summary>First sight: the record is joined to the one that we created it for, or that holds one of its match keys, or starts a new one.</summary>
    private ChangeResult Start(WorkingSet set, RemoteChange change, RemoteRecord record)
    {
        var kind = record.Ref.Kind.ToRecordKind();
        if (record.SyncId is { } own && set.Link(RecordLink.NewRef(record.Ref.Kind, own)) is { State: LinkState.Erased } erased)
        {
            set.Put(erased with { Ref = record.Ref }); // erased while it was being created: so is what the platform made of it
            return new(ChangeOutcome.Erased, own);
        }

        if (MayBeUnderWay(set, change, record))
            return new(ChangeOutcome.Outdated, null, "it may be what we are creating there: the answer will tell");
        return Match(set, record, kind) is { } match ? Join(set, change, record, match)
            : policy.TakesIn ? Create(set, change, record, kind)
            : new(ChangeOutcome.Ignored, null, "the platform is only written to");
    }

    // Records that cannot carry our id (Pipedrive's activities and notes) are told by what they say; and one that was edited before we heard of it by
    // nothing at all. Who makes one by hand at that moment waits as long.
    private bool MayBeUnderWay(WorkingSet set, RemoteChange change, RemoteRecord record) => record.IsUntraceable
        && set.CreationsOf(record.Ref.Kind).Any(creation => MayBeMade(change, record, creation.StateAt) || creation.Sent.All(sent => IsAlike(record, sent.Key, sent.Value.Value)));

    private static bool MayBeMade(RemoteChange change, RemoteRecord record, DateTimeOffset sentAt) =>
        record.ReadAt - sentAt < LongestCall && (change.HeardAt is { } heard ? heard >= sentAt : record.CreatedAt > sentAt - Stamp.ClockMargin);

    private bool IsAlike(RemoteRecord record, int i, string? sent) =>
        record.Fields[i] is var shown
        && (!shown.IsKnown || NormalForm.MayBe(sent, shown.Value) || Canonical.Same(shapeOf(record.Ref.Kind.ToRecordKind()).Fields[i].Type, sent, shown.Value, policy.Locale));

    /// <summary>A record that the match plan speaks of; see <see cref="LinkState"/>. What else happens to it there is no matter of the hub.</summary>
    private ChangeResult ShowPlanned(WorkingSet set, RemoteChange change, RecordLink link)
    {
        if (change.Lifecycle is { Type: ChangeType.Erased } erased)
            return Erase(set, change, null, erased);
        var kind = change.Ref.Kind.ToRecordKind();
        if (link.State != LinkState.Held && change.Record is { } record && Deletion(change) is null)
        {
            if (link.State == LinkState.Apart)
                return Create(set, change, record, kind);
            if (Match(set, record, kind) is { } match)
                return Join(set, change, record, match);
        }

        return new(ChangeOutcome.Ignored, null, link.State == LinkState.Held
            ? "the match plan holds it: a person decides what it belongs to"
            : "the match plan keeps it out: it is linked only");
    }

    private HubRecord? Match(WorkingSet set, RemoteRecord record, RecordKind kind)
    {
        if (record.SyncId is { } id && set.Record(id) is { } made && made.Kind == kind && !set.IsLinked(id))
            return made;
        foreach (var key in record.Keys)
        {
            if (set.Holder(kind, key) is { } holder && set.Record(holder) is { } held && set.Survivor(held) is { IsLive: true } match
                && !set.IsLinked(match.Id) && Carries(match, key))
                return match;
        }

        return null;
    }

    private bool Carries(HubRecord hub, string key) => MatchKeys.Of(shapeOf(hub.Kind), i => hub.Values[i]).Contains(key);

    private ChangeResult Join(WorkingSet set, RemoteChange change, RemoteRecord record, HubRecord hub)
    {
        var shape = shapeOf(hub.Kind);
        var creating = set.Link(RecordLink.NewRef(record.Ref.Kind, hub.Id)) is { State: LinkState.Creating } underWay ? underWay : null;
        var link = RecordLink.New(record.Ref, hub.Id, record.CreatedAt, shape) with { Sent = creating?.Sent ?? ImmutableDictionary<int, Sent>.Empty };
        var fields = FieldPlanner.Plan(hub, link, change, shape, policy, set.ConflictsOf(hub.Id), isOurs: creating is not null || record.SyncId == hub.Id);
        if (ReferenceEquals(fields, FieldsPlan.NeedsHistory))
            return new(ChangeOutcome.NeedsHistory, hub.Id);
        if (creating is not null)
            set.Put(creating with { State = LinkState.Merged, MergedInto = record.Ref.Id, Sent = ImmutableDictionary<int, Sent>.Empty });
        var joined = fields?.Link ?? link;
        set.Put(joined with { RemoteVersion = record.Version, ReadAt = record.ReadAt });
        var result = Store(set, hub, BroughtBack(fields?.Hub ?? hub, record, change.Cause), link, joined, record, fields);
        if (!hub.IsLive)
            Push(hub, policy.Platform); // gone while it was being created
        return result.Outcome == ChangeOutcome.Outdated ? result : result with { Outcome = ChangeOutcome.Updated };
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
}
