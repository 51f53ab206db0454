using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Erases on a platform what was erased for privacy, and says so in the certificate. Nothing is read before: what it says no longer matters.</summary>
internal sealed class PushErasures(RecordStore store)
{
    /// <exception cref="CrmCallException">A call failed as a whole.</exception>
    public async Task SendAsync(PushBatch batch, CancellationToken ct)
    {
        QueuedPush[] rows = [.. batch.Open.Where(row => row.IsErasure)];
        if (rows.Length == 0)
            return;
        var session = batch.Session;
        Guid[] ids = [.. rows.Select(row => row.RecordId)];
        var erased = await store.LookAsync(
            session.Tenant, session.Policy, session.ShapeOf, batch.Kind, ids, null,
            set => new Looked<List<RecordLink>>([.. ids.SelectMany(set.ErasedLinksOf)], [], []), ct);
        // A creation that was never answered may still turn up: the certificate says so until it does.
        var known = erased.Select(link => link.RecordId).ToHashSet();
        var left = new Dictionary<Guid, string>();
        foreach (var kind in erased.GroupBy(link => link.Ref.Kind))
        {
            foreach (var part in kind.Chunk(batch.Writer.WriteLimit))
            {
                var answers = await batch.Writer.EraseAsync(kind.Key, [.. part.Select(link => link.Ref.Id)], ct);
                foreach (var (link, answer) in part.Zip(answers).Where(pair => pair.Second.State == WriteState.Refused))
                    left[link.RecordId] = answer.Reason ?? "refused";
            }
        }

        PushOutcome[] outcomes = [.. rows.Select(row => left.TryGetValue(row.RecordId, out var reason) ? PushOutcomes.Failed(row, reason) : PushOutcomes.Done(row))];
        await store.LookAsync(
            session.Tenant, session.Policy, session.ShapeOf, batch.Kind, ids, null,
            _ => new Looked<PushOutcome[]>(outcomes, [],
            [
                Erasures.SettleCommand(session.Tenant, session.Platform, batch.Kind, known.Where(id => !left.ContainsKey(id))),
                Outbox.SettleCommand(batch.Turn.Lane, outcomes),
            ]), ct);
        batch.Close(outcomes);
    }
}
