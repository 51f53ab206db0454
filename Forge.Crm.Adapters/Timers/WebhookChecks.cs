using System.Diagnostics.CodeAnalysis;
using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.Timers;

/// <summary>
/// Looks whether our webhooks are still there, on platforms that take them away when deliveries fail. What happened meanwhile was never told, so
/// whatever is made again, or was failing, is followed by a sweep over everything: the next job of <see cref="Reconciliation"/>.
/// </summary>
internal sealed partial class WebhookChecks(
    RelayDatabase relay, ConnectionWebhooks webhooks, SyncStates states, NoticeRings notices, TimeProvider clock, ILogger<WebhookChecks> logger)
{
    private const string Connected = """
        select config.tenant_id, config.platform
          from crm_sync_configs config
          join crm_tenants tenant on tenant.tenant_id = config.tenant_id
         where config.platform = any($1) and config.enabled and config.state in ('connected', 'importing', 'live')
           and config.direction in ('read', 'two_way') and tenant.state = 'active'
        """;

    /// <summary>One tenant's failure, whatever it is, does not keep the others from theirs; it is tried again the next day.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "What stands in one tenant's way must not stand in the others'; it is logged.")]
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
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                NotChecked(logger, e, platform, tenant);
            }
        }
    }

    private async Task CheckAsync(TenantId tenant, Platform platform, CancellationToken ct)
    {
        if (await EnsureAsync(tenant, platform, ct) is not { MayHaveLost: true } check)
            return;
        Lost(logger, platform, tenant, check.Missing.Count, check.IsFailing);
        await notices.PostAsync(tenant, SystemNotices.WebhooksRemade(platform, clock.GetUtcNow()), ct);
    }

    private async Task<WebhookCheck?> EnsureAsync(TenantId tenant, Platform platform, CancellationToken ct)
    {
        try
        {
            return await webhooks.EnsureAsync(tenant, platform, ct);
        }
        catch (CrmCallException e) when (e.IsUnauthorized)
        {
            await states.RequireReauthAsync(tenant, platform, ct);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Webhooks of {Platform} of tenant {Tenant} may have told less than happened (made again: {Made}, failing: {IsFailing}); everything is compared.")]
    private static partial void Lost(ILogger logger, Platform platform, TenantId tenant, int made, bool isFailing);

    [LoggerMessage(LogLevel.Error, "Webhooks of {Platform} of tenant {Tenant} could not be checked.")]
    private static partial void NotChecked(ILogger logger, Exception e, Platform platform, TenantId tenant);
}
