using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Adds and removes the associations that looks found due, once the records themselves are written, and notes what the platform shows by it.</summary>
internal sealed class PushLinks(RecordStore store, TimeProvider clock)
{
    /// <returns>False where another worker has the lane by now: the rest was not sent.</returns>
    /// <exception cref="CrmCallException">A call failed as a whole; what was answered before it is settled.</exception>
    public async Task<bool> SendAsync(PushBatch batch, Outbox outbox, CancellationToken ct)
    {
        foreach (var kind in batch.ToLink.GroupBy(item => item.From.Kind))
        {
            foreach (var chunk in kind.Chunk(batch.Writer.WriteLimit))
            {
                if (!await outbox.KeepAsync(batch.Turn, ct))
                    return false;
                var links = chunk.SelectMany(item => item.Due.Select(due => (Item: item, Due: due))).ToList();
                var answers = await batch.Writer.LinkAsync(kind.Key, links.ConvertAll(link => Change(link.Item.From, link.Due)), ct);
                await TakeAsync(batch, chunk, [.. links.Zip(answers, (link, answer) => new Linked(link.Item.Item, link.Due, answer))], ct);
            }
        }

        return true;
    }

    private static LinkChange Change(RemoteRef from, LinkDue due) => new(from.Id, due.To.Kind, due.To.Id, due.IsAdded, due.IsPrimary);

    private async Task TakeAsync(PushBatch batch, IReadOnlyList<LinkItem> items, IReadOnlyList<Linked> linked, CancellationToken ct)
    {
        var (session, now) = (batch.Session, Stamp.Micros(clock.GetUtcNow()));
        var answers = linked.ToLookup(link => link.Item, link => link.Answer);
        // A record that was itself refused is settled already, with its reason.
        PushOutcome[] outcomes = [.. items.Where(item => batch.IsOpen(item.Item)).Select(item => Outcome(item.Item, answers[item.Item], now))];
        Looked<PushOutcome[]> Note(WorkingSet set)
        {
            foreach (var link in linked.Where(link => link.Answer.State == WriteState.Done))
                LinkPlanner.Done(set, link.Due, session.Platform, now);
            return new(outcomes, [], outcomes.Length == 0 ? [] : [Outbox.SettleCommand(batch.Turn.Lane, outcomes)]);
        }

        await store.LookAsync(session.Tenant, session.Policy, session.ShapeOf, batch.Kind, [.. items.Select(item => item.Item.Row.RecordId)], null, Note, ct);
        batch.Close(outcomes);
    }

    private static PushOutcome Outcome(PushItem item, IEnumerable<WriteAnswer> answers, DateTimeOffset now)
    {
        var refused = answers.Where(answer => answer.State != WriteState.Done).ToList();
        return refused.Find(answer => answer.State == WriteState.Refused) is { } refusal ? PushOutcomes.Failed(item.Row, refusal.Reason ?? "an association was refused")
            : refused.Count > 0 ? PushOutcomes.Absent(item.Row, now)
            : item.Level;
    }

    private sealed record Linked(PushItem Item, LinkDue Due, WriteAnswer Answer);
}
