using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Rules;

/// <summary>Shows the tenant's rules what waits for them: people's edits, what rules did, apps' events, times that came.</summary>
internal sealed class RuleDrain(TenantDatabase database, RuleSets sets, RuleEventRows rows, RuleRunner runner, RuleWakeUps wakeUps, TimeProvider clock)
{
    // Well below a lock of the bus.
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(20);

    /// <returns>When the next is due; null where nothing waits.</returns>
    public async Task<DateTimeOffset?> DrainAsync(TenantId tenant, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        while (clock.GetElapsedTime(began) < Budget)
        {
            var ids = await rows.ClaimAsync(tenant, ct);
            if (ids.Count == 0)
                break;
            if (await RunAsync(tenant, ids, ct))
                wakeUps.Wake(tenant);
        }

        return await rows.NextDueAsync(tenant, ct);
    }

    private async Task<bool> RunAsync(TenantId tenant, List<long> ids, CancellationToken ct)
    {
        var set = await sets.OfAsync(tenant, ct);
        var facts = set.At(clock.GetUtcNow());
        var acted = false;
        await using var transaction = await database.BeginAsync(tenant, ct);
        var events = await RuleEventRows.ReadAsync(transaction, tenant, set, ids, ct);
        if (events.Any(heard => heard.JournalId is not null && heard.Keys.Count > 0 && !heard.Keys.Any(set.IsHeard)))
        {
            // Its rule may have been installed a moment ago, by another process; an event that nobody hears is never shown again.
            sets.Forget(tenant);
            set = await sets.OfAsync(tenant, ct);
            facts = set.At(clock.GetUtcNow());
        }

        foreach (var heard in events)
        {
            if (heard.Attempts > RuleEventRows.MaxAttempts)
                await transaction.ExecuteAsync([.. RuleEventRows.FinishCommands(tenant, heard, "failed", "given up: it ended its worker again and again")], ct);
            else
                acted |= await runner.RunAsync(transaction, tenant, set, heard, facts, ct);
        }

        acted |= await runner.RunOwnAsync(transaction, tenant, set, facts, ct);
        await transaction.CommitAsync(ct);
        return acted;
    }
}
