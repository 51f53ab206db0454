using Forge.Crm.Adapters.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>
/// Holds rules that were written past the API against schema and fields: a valid one begins to listen, an invalid one is switched off with the reason in
/// its row.
/// </summary>
internal sealed partial class RuleChecks(RelayQueries relay, RuleSets sets, ILogger<RuleChecks> logger)
{
    /// <summary>One tenant's failure does not keep the others from theirs.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var tenant in await relay.UncheckedRulesAsync(ct))
        {
            try
            {
                sets.Forget(tenant);
                await sets.OfAsync(tenant, ct);
            }
            catch (PostgresException e)
            {
                NotChecked(logger, e, tenant);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "Rules of tenant {Tenant} were not checked.")]
    private static partial void NotChecked(ILogger logger, Exception e, Domain.Records.TenantId tenant);
}
