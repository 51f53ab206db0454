using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>
/// Rings for pushes that a commit has made due, whoever committed: webhooks, sync pages, pushes themselves, people over the API. Nobody waits for
/// it: what is due stands in the outbox, and a ring that is lost costs the relay's few seconds.
/// </summary>
internal sealed partial class PushRings(SyncConfigs configs, Rings rings, ILogger<PushRings> logger)
{
    public void Ring(TenantId tenant, IReadOnlyCollection<PushDue> due)
    {
        if (due.Count > 0)
            _ = RingAsync(tenant, due);
    }

    private async Task RingAsync(TenantId tenant, IReadOnlyCollection<PushDue> due)
    {
        try
        {
            if (await configs.OfAsync(tenant, CancellationToken.None) is { IsActive: true } settings)
                await Task.WhenAll(LanesOf(tenant, settings, due).Select(lane => rings.PushAsync(lane, CancellationToken.None)));
        }
        catch (NpgsqlException e)
        {
            NotRung(logger, e, tenant);
        }
    }

    // A number of lanes that was changed a moment ago makes this ring at the wrong door, and the relay at the right one.
    private static IEnumerable<Lane> LanesOf(TenantId tenant, TenantConfig settings, IEnumerable<PushDue> due) =>
        (from push in due
         let config = settings.Of(push.Platform)
         where config is { IsRunning: true, Direction: not SyncDirection.Read }
         select new Lane(tenant, push.Platform, Lane.NumberOf(push.RecordId, config.Lanes))).Distinct();

    [LoggerMessage(LogLevel.Warning, "Pushes of tenant {Tenant} were not rung for; the relay rings later.")]
    private static partial void NotRung(ILogger logger, Exception e, TenantId tenant);
}
