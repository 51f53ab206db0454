using Forge.Crm.Adapters.Leads;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Erases on a platform what was erased for privacy, and says so in the certificate. Nothing is read before: what it says no longer matters.</summary>
internal sealed class PushErasures(RecordStore store, LeadErasures leads)
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
        // Leads go before their contact: afterwards nothing says whose they were.
        var made = session.Account is ICrmLeads account && batch.Kind == RecordKind.Contact ? await leads.FindAsync(session.Tenant, account, ids, ct) : [];
        var left = await EraseAsync(
            batch.Writer,
            [
                .. made.SelectMany(contact => contact.Value.Select(lead => (contact.Key, new RemoteRef(RemoteKind.Lead, lead)))),
                .. erased.Select(link => (link.RecordId, link.Ref)),
            ], ct);
        // A creation that was never answered may still turn up: the certificate says so until it does.
        Guid[] gone = [.. erased.Select(link => link.RecordId).Union(made.Keys).Where(id => !left.ContainsKey(id))];
        PushOutcome[] outcomes = [.. rows.Select(row => left.TryGetValue(row.RecordId, out var reason) ? PushOutcomes.Failed(row, reason) : PushOutcomes.Done(row))];
        await store.LookAsync(
            session.Tenant, session.Policy, session.ShapeOf, batch.Kind, ids, null,
            _ => new Looked<PushOutcome[]>(outcomes, [],
            [
                Erasures.SettleCommand(session.Tenant, session.Platform, batch.Kind, gone),
                LeadErasures.ForgetCommand(session.Tenant, gone.Where(made.ContainsKey)),
                Outbox.SettleCommand(batch.Turn.Lane, outcomes),
            ]), ct);
        batch.Close(outcomes);
    }

    /// <returns>By record: why something of it is still there.</returns>
    private static async Task<Dictionary<Guid, string>> EraseAsync(ICrmWriter writer, IReadOnlyList<(Guid RecordId, RemoteRef Ref)> ends, CancellationToken ct)
    {
        var left = new Dictionary<Guid, string>();
        foreach (var kind in ends.GroupBy(end => end.Ref.Kind))
        {
            foreach (var part in kind.Chunk(writer.WriteLimit))
            {
                var answers = await writer.EraseAsync(kind.Key, [.. part.Select(end => end.Ref.Id)], ct);
                foreach (var (end, answer) in part.Zip(answers).Where(pair => pair.Second.State == WriteState.Refused))
                    left[end.RecordId] = answer.Reason ?? "refused";
            }
        }

        return left;
    }
}
