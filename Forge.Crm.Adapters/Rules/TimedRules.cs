using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>
/// Times that come (<see cref="TimedRecords"/>), one look a rule, set-based. An occasion (the rule, the record and the values
/// that it names) comes once; a record that the rule's condition does not hold for yet is looked at again the next time.
/// </summary>
internal sealed partial class TimedRules(
    TenantDatabase database, RelayQueries relay, RuleSets sets, Rings rings, TimeProvider clock, ILogger<TimedRules> logger)
{
    /// <summary>One tenant's failure does not keep the others from theirs.</summary>
    /// <returns>How many occasions came.</returns>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var came = 0;
        foreach (var (tenant, _) in await relay.TenantsAsync(ct))
        {
            try
            {
                came += await RunAsync(tenant, ct);
            }
            catch (PostgresException e)
            {
                NotLooked(logger, e, tenant);
            }
        }

        return came;
    }

    public async Task<int> RunAsync(TenantId tenant, CancellationToken ct)
    {
        var set = await sets.OfAsync(tenant, ct);
        var facts = set.At(clock.GetUtcNow());
        NpgsqlBatchCommand[] commands = [.. set.Rules.SelectMany(rule => rule.When.Where(trigger => trigger.On == RuleTriggerType.Time).Select(trigger => TimedRecords.Insert(tenant, rule, trigger, facts)))];
        if (commands.Length == 0)
            return 0;
        var came = await database.ExecuteAsync(tenant, commands, ct);
        if (came > 0)
            await rings.RulesAsync(tenant, ct);
        return came;
    }

    [LoggerMessage(LogLevel.Error, "Timed rules of tenant {Tenant} were not looked at.")]
    private static partial void NotLooked(ILogger logger, Exception e, TenantId tenant);
}
