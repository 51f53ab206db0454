using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

// The workers: they apply what is journaled, and push what is due.
internal sealed partial class World
{
    private void ApplyLane(Platform from, ApplyFault fault)
    {
        var pending = _journal.Where(row => row.Platform == from && row.IsPending && !(row.RetryAt > Now)).ToList();
        if (pending.Count == 0)
            return;
        foreach (var row in pending)
            row.Attempts++;
        var batch = new EventBatch(pending.Select(row => new JournaledEvent(new(row.Id, [], row.ReceivedAt, row.Attempts), row.Webhook.Event)), _ => true);
        IEnumerable<EventOutcome> outcomes;
        if (fault == ApplyFault.Refused)
        {
            outcomes = [.. batch.Settled, .. batch.PutOffAll("429", Now)];
        }
        else
        {
            var read = batch.ToRead.SelectMany(kind => _crms[from].Read(kind, withHistory: false, fault == ApplyFault.StaleRead)).ToDictionary(s => s.Ref);
            var observed = batch.Observe(read, Array.Empty<RemoteAssociations>().ToLookup(a => a.From), Now);
            if (fault == ApplyFault.DiesBeforeCommit)
                return; // its claim runs out, and the next worker reads anew
            var applied = ApplyObserved(from, observed);
            if (fault == ApplyFault.DiesBeforeAck)
                ApplyObserved(from, observed);
            outcomes = [.. batch.Settled, .. batch.Outcomes(applied, Now)];
        }

        foreach (var outcome in outcomes)
        {
            var row = _journal[(int)outcome.Id - 1];
            (row.IsPending, row.RetryAt) = (outcome.Status == EventStatus.Pending, outcome.RetryAt);
        }
    }

    private List<Applied> ApplyObserved(Platform from, IReadOnlyList<Observation> observed)
    {
        var plan = Plan(from, [.. observed.Select(seen => ChangeOf(from, seen, seen.Snapshot, canAskHistory: true))]);
        var asked = observed.Where((_, i) => plan.Results[i].Outcome == ChangeOutcome.NeedsHistory).ToList();
        if (asked.Count > 0)
        {
            var again = _crms[from].Read(asked.Select(seen => seen.Ref.Id), withHistory: true, isStale: false).ToDictionary(s => s.Ref);
            Plan(from, [.. asked.Select(seen => ChangeOf(from, seen, again.GetValueOrDefault(seen.Ref) ?? seen.Snapshot, canAskHistory: false))]);
        }

        return [.. observed.Select((seen, i) => new Applied(seen, plan.Results[i]))];
    }

    private RemoteChange ChangeOf(Platform from, Observation seen, RemoteSnapshot? snapshot, bool canAskHistory, OwnWrite own = OwnWrite.Unknown)
    {
        var lookups = Lookups.None(TenantLocale.Default);
        return new(
            seen.Ref, snapshot is null ? null : SnapshotReader.Read(snapshot, _crms[from].Traits.Mapper, from, seen.Events, lookups),
            seen.Lifecycle, seen.MergedIds, [], seen.Cause, canAskHistory && _crms[from].Traits.KeepsHistory && snapshot is { ArchivedAt: null })
        {
            Told = SnapshotReader.Told(snapshot, _crms[from].Traits.Mapper, from, seen.Events, lookups),
            OwnWrite = own,
            MergedAt = seen.MergedAt,
            HeardAt = seen.HeardAt,
            IsLast = seen.IsLast,
        };
    }

    private BatchPlan Plan(Platform from, IReadOnlyList<RemoteChange> changes)
    {
        var set = Hub.Load(from, changes);
        var plan = new BatchPlanner(PolicyOf(from), SimulatedFields.ShapeOf, Hub.NewId).Plan(set, changes);
        Hub.Commit(from, set, plan);
        return plan;
    }

    private void PushLane(Platform to, PushFault fault, Edit? between)
    {
        var due = Hub.Outbox.Where(item => item.Key.Platform == to).Select(item => (item.Key.Record, item.Value.Version)).ToList();
        if (due.Count == 0)
            return;
        LookThere(to, [.. due.Select(item => item.Record)]);
        if (between is not null)
            Do(between);
        foreach (var (record, version) in due)
            PushOne(to, record, version, fault);
    }

    /// <summary>The drift check: what the platform shows now is applied before anything is written over it.</summary>
    private void LookThere(Platform to, IReadOnlyList<Guid> records)
    {
        var crm = _crms[to];
        var links = records.ToDictionary(record => record, record => Hub.Load(to, record).LinkOf(record));
        var read = crm.Read(links.Values.Where(link => link is { State: LinkState.Live }).Select(link => link!.Ref.Id), withHistory: false, isStale: false);
        var found = crm.Find(
        [
            .. links.Where(link => link.Value is not { State: LinkState.Live } && Hub.Records[link.Key].MergedIntoId is null)
                .Select(link => new SoughtRecord(link.Key, MatchKeys.Of(SimulatedFields.Shape, i => Hub.Records[link.Key].Values[i])) { Sent = Sent(link.Value) }),
        ]);
        var known = Hub.LinksOf(to).Select(link => link.Ref).ToHashSet();
        var given = Likenesses.Give(read.Concat(found).DistinctBy(s => s.Ref), known.Contains).ToList();
        given.ForEach(s => crm.Know(s.Ref.Id));
        var observed = given.Select(s => Observation.Of(s, new(CauseKind.Push, "1"))).ToList();
        var plan = Plan(to, [.. observed.Select(seen => ChangeOf(to, seen, seen.Snapshot, canAskHistory: true, OwnWrite.Over))]);
        var asked = observed.Where((_, i) => plan.Results[i].Outcome == ChangeOutcome.NeedsHistory).ToList();
        var again = crm.Read(asked.Select(seen => seen.Ref.Id), withHistory: true, isStale: false).ToDictionary(s => s.Ref);
        Plan(to, [.. asked.Select(seen => ChangeOf(to, seen, again.GetValueOrDefault(seen.Ref) ?? seen.Snapshot, canAskHistory: false, OwnWrite.Over))]);
    }

    private static SentCreation? Sent(RecordLink? link) => link is not { State: LinkState.Creating }
        ? null
        : new(link.StateAt, link.Sent.ToDictionary(sent => NameOf(sent.Key), sent => sent.Value.Value));

    private static string NameOf(int field) => SimulatedFields.Shape.Fields[field].Name;

    private void PushOne(Platform to, Guid record, int version, PushFault fault)
    {
        if (fault == PushFault.RateLimited)
        {
            Faults++;
            return;
        }

        var set = Hub.Load(to, record);
        var plan = new PushPlanner(PolicyOf(to), SimulatedFields.ShapeOf, Now).Look(set, record, RemoteKind.Contact, _crms[to].Traits.Mapper.Writable);
        Hub.Commit(to, set, null);
        if (plan.Kind == PushKind.Wait)
            return;
        if (plan.Kind == PushKind.Nothing)
        {
            if (plan.Link is { } moved)
                Hub.Queue(to, moved.RecordId);
            Done(to, record, version);
            return;
        }

        Faults += fault == PushFault.None ? 0 : 1;
        if (fault is PushFault.DiesBeforeCall or PushFault.NothingDone)
            return;
        if (fault == PushFault.HeardFirst)
            HearOf(to);
        Now = Now.AddMilliseconds(300);
        if (Call(to, plan) is not { } answer)
        {
            PutOff(to, record, version, plan);
            return;
        }

        if (fault == PushFault.AnswerLost)
            return;
        if (fault == PushFault.EchoFirst)
            HearOf(to);

        _crms[to].Know(answer.Ref.Id);
        Plan(to, [answer]);
        Done(to, record, version);
    }

    private void HearOf(Platform platform)
    {
        Receive(_crms[platform], _crms[platform].Webhooks.Count);
        ApplyLane(platform, ApplyFault.None);
    }

    /// <returns>The answer as a change; null where the platform refuses, or has no such record any more.</returns>
    private RemoteChange? Call(Platform to, PushPlan plan)
    {
        var crm = _crms[to];
        var cause = new Cause(CauseKind.Push, "1");
        var values = plan.Fields.ToDictionary(NameOf, i => plan.Link!.Sent[i].Value);
        RemoteChange Answer(RemoteSnapshot snapshot) =>
            ChangeOf(to, Observation.Of(snapshot, cause), snapshot, canAskHistory: false, OwnWrite.Answer);
        switch (plan.Kind)
        {
            case PushKind.Create:
                return crm.Create(plan.Link!.RecordId, values) is { } created ? Answer(created with { SyncId = plan.Link.RecordId }) : null;
            case PushKind.Update:
                return crm.Write(plan.Link!.Ref.Id, values) is { } updated ? Answer(updated) : null;
            case PushKind.Delete:
                crm.Delete(plan.Link!.Ref.Id);
                return new(plan.Link.Ref, null, new(ChangeType.Deleted, plan.Link.RemoteVersion ?? plan.Link.StateAt, Now), [], [], cause) { OwnWrite = OwnWrite.Answer };
            default:
                return crm.Merge(plan.Into!.Value.Id, plan.Link!.Ref.Id) is { } merged
                    ? ChangeOf(to, Observation.Of(merged.Snapshot(Now, withHistory: false), cause) with { MergedIds = [plan.Into.Value.Id, plan.Link.Ref.Id] }, merged.Snapshot(Now, withHistory: false), canAskHistory: false)
                    : null;
        }
    }

    // A create that is refused is listed for a person; a record that is not there any more waits for its deletion to be heard of.
    private void PutOff(Platform to, Guid record, int version, PushPlan plan)
    {
        Faults++;
        if (plan.Kind == PushKind.Create)
        {
            var set = Hub.Load(to, record);
            PushPlanner.GiveUp(set, plan.Link!);
            Hub.Commit(to, set, null);
            Refused.Add((to, record));
            Done(to, record, version);
        }
        else if (Hub.Outbox.GetValueOrDefault((to, record)) is { } item)
        {
            if (item.Attempts == 3)
            {
                Hub.Outbox.Remove((to, record));
                _parked.Add((to, record));
            }
            else
                Hub.Outbox[(to, record)] = item with { Attempts = item.Attempts + 1 };
        }
    }

    private void Done(Platform to, Guid record, int version)
    {
        if (Hub.Outbox.GetValueOrDefault((to, record))?.Version == version)
            Hub.Outbox.Remove((to, record));
    }
}
