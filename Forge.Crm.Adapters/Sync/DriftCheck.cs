using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>
/// What the platform shows now is applied before anything is written over it: linked records are read by id, the others are looked for, since
/// a person may have made them there, or we did and never heard of it.
/// </summary>
internal sealed class DriftCheck(RecordStore store, SnapshotApplier applier)
{
    private static readonly Cause Push = new(CauseKind.Push, null);

    /// <returns>Records whose state the hub cannot take: nothing may be written over them.</returns>
    public async Task<IReadOnlyDictionary<Guid, string>> RunAsync(PushBatch batch, CancellationToken ct)
    {
        var session = batch.Session;
        var wanted = await store.LookAsync(
            session.Tenant, session.Policy, session.ShapeOf, batch.Kind, batch.OpenIds, batch.Keys,
            set => new Looked<List<Wanted>>(Want(batch, set), [], []), ct);
        var found = await FindAsync(batch, wanted, ct);
        var observed = found.Select(snapshot => Observation.Of(snapshot, Push) with { OwnWrite = OwnWrite.Over }).ToList();
        var applied = await applier.ApplyAsync(session, observed, BatchTail.None, ct);
        return Unread(wanted, applied);
    }

    private static List<Wanted> Want(PushBatch batch, WorkingSet set)
    {
        var wanted = new List<Wanted>();
        foreach (var id in batch.OpenIds)
        {
            if (set.Record(id) is not { } hub)
                continue;
            var link = set.LinkOf(id);
            var isSought = hub.IsLive || (hub.MergedIntoId is null && link is { State: LinkState.Creating });
            if (link is { State: LinkState.Live })
                wanted.Add(new(id, link.Ref.Kind, link.Ref.Id, []));
            else if (isSought && !set.IsKeptOut(id) && batch.KindOf(hub, link) is { } kind)
                wanted.Add(new(id, kind, null, Claimed(batch, set, hub), Sent(batch, kind, link)));
        }

        return wanted;
    }

    // A record that a person put into the hub holds its keys before what is found there is applied: else that would start a record of its own.
    private static ImmutableArray<string> Claimed(PushBatch batch, WorkingSet set, HubRecord hub)
    {
        ImmutableArray<string> KeysOf(HubRecord record) => MatchKeys.Of(batch.Session.ShapeOf(record.Kind), i => record.Values[i]);
        var keys = KeysOf(hub);
        foreach (var key in hub.IsLive ? keys : [])
            set.Claim(hub.Kind, key, hub.Id, (other, claimed) => KeysOf(other).Contains(claimed));
        return keys;
    }

    private static SentCreation? Sent(PushBatch batch, RemoteKind kind, RecordLink? link) => link is not { State: LinkState.Creating }
        ? null
        : new(link.StateAt, batch.Session.MapperOf(kind).Write(
            [.. Enumerable.Range(0, link.Seen.Length).Select(i => link.Sent.GetValueOrDefault(i)?.Value)], link.Sent.ContainsKey, batch.Session.Lookups));

    private async Task<IEnumerable<RemoteSnapshot>> FindAsync(PushBatch batch, List<Wanted> wanted, CancellationToken ct)
    {
        var found = new List<RemoteSnapshot>();
        foreach (var kind in wanted.GroupBy(record => record.Kind).OrderBy(group => group.Key))
        {
            var isLinked = kind.ToLookup(record => record.Id is not null);
            if (isLinked[true].Any())
                found.AddRange(await batch.Session.Account.ReadAsync(kind.Key, [.. isLinked[true].Select(record => record.Id!)], withHistory: false, ct));
            if (isLinked[false].Any())
                found.AddRange(await batch.Writer.FindAsync(kind.Key, [.. isLinked[false].Select(record => new SoughtRecord(record.RecordId, record.Keys) { Sent = record.Sent, MayBeOld = !batch.Row(record.RecordId).IsBulk })], ct));
        }

        return await GiveAsync(batch.Session, [.. found.DistinctBy(snapshot => snapshot.Ref)], ct);
    }

    private async Task<IEnumerable<RemoteSnapshot>> GiveAsync(PlatformSession session, IReadOnlyList<RemoteSnapshot> found, CancellationToken ct)
    {
        var alike = found.Where(snapshot => !snapshot.AlikeTo.IsEmpty).ToList();
        return alike.Count == 0 ? found : Likenesses.Give(found, (await store.KnownAsync(session.Tenant, session.Platform, alike.ConvertAll(snapshot => snapshot.Ref), ct)).Contains);
    }

    private static Dictionary<Guid, string> Unread(List<Wanted> wanted, IReadOnlyList<Applied> applied)
    {
        var unread = new Dictionary<Guid, string>();
        foreach (var (observation, result) in applied.Where(item => item.Result.Outcome == ChangeOutcome.Failed))
        {
            // Whose match key one carries that could not be read is not known: it may be any of those that were looked for.
            var linked = wanted.Where(record => record.Kind == observation.Ref.Kind && record.Id == observation.Ref.Id).ToList();
            foreach (var record in linked.Count > 0 ? linked : wanted.Where(record => record.Kind == observation.Ref.Kind && record.Id is null))
                unread[record.RecordId] = $"what the platform shows cannot be read: {result.Reason}";
        }

        return unread;
    }

    /// <param name="Id">The platform's; null where there is no live link.</param>
    private sealed record Wanted(Guid RecordId, RemoteKind Kind, string? Id, ImmutableArray<string> Keys, SentCreation? Sent = null);
}
