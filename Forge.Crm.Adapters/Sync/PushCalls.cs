using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Makes the calls that looks came to, a batch a kind of push, and applies what the platform answers, like any other change.</summary>
internal sealed class PushCalls(RecordStore store, SnapshotApplier applier, Outbox outbox, TimeProvider clock)
{
    private static readonly Cause Push = new(CauseKind.Push, null);

    // What goes makes room for what comes: a merged or deleted record gives its unique e-mail address free.
    private static readonly ImmutableArray<PushKind> Order = [PushKind.Merge, PushKind.Delete, PushKind.Update, PushKind.Create];

    private delegate Task<IReadOnlyList<WriteAnswer>> Call(ICrmWriter writer, RemoteKind kind, IReadOnlyList<PushItem> items, CancellationToken ct);

    private static readonly ImmutableDictionary<PushKind, Call> Calls = new Dictionary<PushKind, Call>
    {
        [PushKind.Merge] = async (writer, kind, items, ct) => [await writer.MergeAsync(kind, items[0].Plan.Into!.Value.Id, items[0].Plan.Link!.Ref.Id, ct)],
        [PushKind.Delete] = (writer, kind, items, ct) => writer.DeleteAsync(kind, [.. items.Select(item => item.Plan.Link!.Ref.Id)], ct),
        [PushKind.Update] = (writer, kind, items, ct) => writer.WriteAsync(kind, [.. items.Select(item => Update(item))], ct),
        [PushKind.Create] = (writer, kind, items, ct) => writer.CreateAsync(kind, [.. items.Select(item => new RecordCreation(item.Row.RecordId, item.Properties)
        {
            Links = [.. item.Links.Due.Select(link => new CreationLink(link.To.Kind, link.To.Id, link.IsPrimary))],
        })], ct),
    }.ToImmutableDictionary();

    /// <returns>False where another worker has the lane by now: the rest was not sent.</returns>
    /// <exception cref="CrmCallException">A call failed as a whole; what was answered before it is settled.</exception>
    public async Task<bool> SendAsync(PushBatch batch, IReadOnlyList<PushItem> items, CancellationToken ct)
    {
        foreach (var part in items.Where(item => item.Plan.Kind != PushKind.Nothing).GroupBy(item => (item.Plan.Kind, Of: item.Plan.Link!.Ref.Kind)).OrderBy(part => Order.IndexOf(part.Key.Kind)))
        {
            foreach (var chunk in part.Chunk(part.Key.Kind == PushKind.Merge ? 1 : batch.Writer.WriteLimit))
            {
                if (!await outbox.KeepAsync(batch.Turn, ct))
                    return false;
                var answers = await Calls[part.Key.Kind](batch.Writer, part.Key.Of, chunk, ct);
                await TakeAsync(batch, [.. chunk.Zip(answers)], ct);
            }
        }

        return true;
    }

    private async Task TakeAsync(PushBatch batch, IReadOnlyList<(PushItem Item, WriteAnswer Answer)> answered, CancellationToken ct)
    {
        var done = answered.ToLookup(pair => IsDone(pair.Item, pair.Answer));
        batch.ToLink.AddRange(done[true].Where(pair => pair.Item.Plan.Kind == PushKind.Create).Select(pair => Unlinked(pair.Item, pair.Answer.Record!)).Where(item => item.Due.Count > 0));
        await ApplyAsync(batch, [.. done[true].Select(pair => (pair.Item, Observed(pair.Item, pair.Answer)))], ct);
        await RefuseAsync(batch, [.. done[false]], ct);
    }

    // One that is gone is what a deletion wants.
    private static bool IsDone(PushItem item, WriteAnswer answer) =>
        answer.State == WriteState.Done || (answer.State == WriteState.Absent && item.Plan.Kind == PushKind.Delete);

    private static RecordUpdate Update(PushItem item) => new(item.Plan.Link!.Ref.Id, item.Properties) { Seen = item.Plan.Link.RemoteVersion };

    // What it was created with is there.
    private static LinkItem Unlinked(PushItem item, RemoteSnapshot made)
    {
        var there = made.Associations.IsDefault ? [] : made.Associations.SelectMany(shown => shown.To.Select(to => new RemoteRef(shown.ToKind, to.ToId))).ToHashSet();
        return new(item, made.Ref, [.. item.Links.Due.Where(link => !there.Contains(link.To))]);
    }

    private Observation Observed(PushItem item, WriteAnswer answer)
    {
        var link = item.Plan.Link!;
        if (item.Plan.Kind == PushKind.Delete)
        {
            // The platform's own time of it is heard of with the event; ours must not pass for it.
            var deleted = new Lifecycle(ChangeType.Deleted, link.RemoteVersion ?? link.StateAt, Stamp.Micros(clock.GetUtcNow()));
            return new(link.Ref, null, [], deleted, [], [], Push) { OwnWrite = OwnWrite.Answer };
        }

        var record = answer.Record ?? throw new InvalidOperationException($"The answer to the {item.Plan.Kind} of a {link.Ref.Kind} shows no record.");
        return item.Plan.Kind switch
        {
            PushKind.Merge => Observation.Of(record, Push) with { MergedIds = [item.Plan.Into!.Value.Id, link.Ref.Id] },
            PushKind.Create => Observation.Of(record with { SyncId = record.SyncId ?? item.Row.RecordId }, Push) with { OwnWrite = OwnWrite.Answer },
            _ => Observation.Of(record, Push) with { OwnWrite = OwnWrite.Answer },
        };
    }

    private async Task ApplyAsync(PushBatch batch, IReadOnlyList<(PushItem Item, Observation Seen)> done, CancellationToken ct)
    {
        if (done.Count == 0)
            return;
        var items = done.ToDictionary(pair => pair.Seen.Ref, pair => pair.Item);
        var unlinked = batch.ToLink.Select(link => link.Item).ToHashSet();
        // A neighbour that an answer names, and that the hub did not have, is applied along and is no item.
        IEnumerable<(PushItem Item, ChangeResult Result)> Pushed(IEnumerable<Applied> applied) =>
            applied.Where(one => items.ContainsKey(one.Observation.Ref)).Select(one => (items[one.Observation.Ref], one.Result));
        PushOutcome[] Done(IEnumerable<Applied> applied) => [.. Pushed(applied).Where(one => !unlinked.Contains(one.Item)).Select(one => one.Item.Level)];
        IEnumerable<NpgsqlBatchCommand> Settle(PushOutcome[] outcomes) => outcomes.Length == 0 ? [] : [Outbox.SettleCommand(batch.Turn.Lane, outcomes)];
        var applied = await applier.ApplyAsync(
            batch.Session, [.. done.Select(pair => pair.Seen)], new(part => Settle(Done(part)), _ => []), ct);
        // Written, but what the platform made of it cannot be taken over; what was sent stays noted.
        PushOutcome[] failed =
        [
            .. Pushed(applied).Where(one => one.Result.Outcome == ChangeOutcome.Failed)
                .Select(one => PushOutcomes.Failed(one.Item.Row, $"written, but the answer cannot be read: {one.Result.Reason}")),
        ];
        await outbox.SettleAsync(batch.Turn.Lane, failed, ct);
        batch.Close([.. failed, .. Done(applied)]);
    }

    private async Task RefuseAsync(PushBatch batch, IReadOnlyList<(PushItem Item, WriteAnswer Answer)> refused, CancellationToken ct)
    {
        if (refused.Count == 0)
            return;
        PushOutcome[] outcomes =
        [
            .. refused.Select(pair => pair.Answer.State switch
            {
                WriteState.Absent => PushOutcomes.Absent(pair.Item.Row, clock.GetUtcNow()),
                WriteState.Moved => PushOutcomes.Moved(pair.Item.Row, clock.GetUtcNow()),
                _ => PushOutcomes.Failed(pair.Item.Row, pair.Answer.Reason ?? "refused"),
            }),
        ];
        Looked<PushOutcome[]> Refuse(WorkingSet set)
        {
            // Of a record that is not there nothing was refused: what an earlier call left in doubt still is.
            foreach (var (item, _) in refused.Where(pair => pair.Answer.State != WriteState.Absent))
            {
                if (set.Link(item.Plan.Link!.Ref) is { State: LinkState.Live or LinkState.Creating } sent)
                    PushPlanner.GiveUp(set, sent);
            }

            return new(outcomes, [], [Outbox.SettleCommand(batch.Turn.Lane, outcomes)]);
        }

        var session = batch.Session;
        await store.LookAsync(session.Tenant, session.Policy, session.ShapeOf, batch.Kind, [.. refused.Select(pair => pair.Item.Row.RecordId)], null, Refuse, ct);
        batch.Close(outcomes);
    }
}
