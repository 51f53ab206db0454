using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Adapters.Timers;

/// <summary>
/// Looks whether our webhooks are still there, on platforms that take them away when deliveries fail. What happened meanwhile was never told, so
/// whatever is made again, or was failing, is followed by a sweep over everything.
/// </summary>
internal sealed partial class WebhookChecks(
    RelayDatabase relay, ConnectionWebhooks webhooks, SyncStates states, JobStore jobs, Rings rings, NoticeRings notices, ILogger<WebhookChecks> logger)
{
    private const string Connected = """
        select config.tenant_id, config.platform
          from crm_sync_configs config
          join crm_tenants tenant on tenant.tenant_id = config.tenant_id
         where config.platform = any($1) and config.enabled and config.state in ('connected', 'importing', 'live')
           and config.direction in ('read', 'two_way') and tenant.state = 'active'
        """;

    /// <summary>One tenant's failure does not keep the others from theirs; it is tried again the next day.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var connected = await relay.QueryAsync(
            Sql.Command(Connected, Sql.Array(webhooks.Platforms.Select(platform => platform.ToName()))),
            row => (Tenant: new TenantId(row.GetGuid(0)), Platform: Names.Parse<Platform>(row.GetString(1))), ct);
        foreach (var (tenant, platform) in connected)
        {
            try
            {
                await CheckAsync(tenant, platform, ct);
            }
            catch (CrmCallException e) when (e.IsUnauthorized)
            {
                await states.RequireReauthAsync(tenant, platform, ct);
            }
            catch (Exception e) when (e is CrmCallException or SecretUnavailableException or FormatException or PostgresException or NotConnectedException)
            {
                NotChecked(logger, platform, tenant, e.Message);
            }
        }
    }

    private async Task CheckAsync(TenantId tenant, Platform platform, CancellationToken ct)
    {
        if (await webhooks.EnsureAsync(tenant, platform, ct) is not { MayHaveLost: true } check)
            return;
        Lost(logger, platform, tenant, check.Made, check.IsFailing);
        var started = await jobs.StartAsync(tenant, new(platform, SyncMode.Sweep, [], null, "webhook-check"), ct);
        if (started.IsNew)
            await rings.StepAsync(tenant, platform, started.Job.Id, started.Job.Step, ct);
        await notices.PostAsync(tenant, SystemNotices.WebhooksRemade(platform, started.Job.Id), ct);
    }

    [LoggerMessage(LogLevel.Warning, "Webhooks of {Platform} of tenant {Tenant} may have told less than happened (made again: {Made}, failing: {IsFailing}); everything is compared.")]
    private static partial void Lost(ILogger logger, Platform platform, TenantId tenant, int made, bool isFailing);

    [LoggerMessage(LogLevel.Error, "Webhooks of {Platform} of tenant {Tenant} could not be checked: {Reason}")]
    private static partial void NotChecked(ILogger logger, Platform platform, TenantId tenant, string reason);
}
