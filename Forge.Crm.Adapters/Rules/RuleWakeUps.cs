using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>Rings for what rules made due once it is committed: pushes, notices, and what of a burst they have not looked at yet. A ring that is lost costs the relay's few seconds.</summary>
internal sealed partial class RuleWakeUps(PushWakeUps pushes, NoticeRings notices, Rings rings, ILogger<RuleWakeUps> logger)
{
    /// <summary>Not waited for.</summary>
    public void Wake(TenantId tenant) => _ = WakeAsync(tenant);

    private async Task WakeAsync(TenantId tenant)
    {
        try
        {
            notices.Ring(tenant);
            _ = rings.RulesAsync(tenant, CancellationToken.None);
            await pushes.WakeAsync(tenant, CancellationToken.None);
        }
        catch (NpgsqlException e)
        {
            NotRung(logger, e, tenant);
        }
    }

    [LoggerMessage(LogLevel.Warning, "What rules of tenant {Tenant} made due was not rung for; the relay rings later.")]
    private static partial void NotRung(ILogger logger, Exception e, TenantId tenant);
}
