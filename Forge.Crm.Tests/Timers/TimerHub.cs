using System.Diagnostics.Metrics;
using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalAzure;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Forge.Crm.Tests.Timers;

/// <summary>A hub and a bus of a test's own, and what timers are made of.</summary>
internal sealed class TimerHub : IAsyncDisposable
{
    private readonly NpgsqlDataSource _relay;
    private readonly ServiceBusClient _bus;

    private TimerHub(HubDatabase hub)
    {
        Hub = hub;
        _relay = NpgsqlDataSource.Create(hub.RelayConnectionString);
        _bus = new(hub.ConnectionString);
        Queries = new(new RelayDatabase(_relay));
        Rings = new(_bus, NullLogger<Rings>.Instance);
    }

    public HubDatabase Hub { get; }

    public RelayQueries Queries { get; }

    public Rings Rings { get; }

    /// <summary>The scope of <see cref="Metrics"/>, which tells them from those of other tests.</summary>
    public IMeterFactory Meters { get; } = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public CrmMetrics Metrics => field ??= new(Meters);

    public static async Task<TimerHub> CreateAsync()
    {
        var hub = await HubDatabase.CreateAsync();
        await LocalBus.DeclareQueueAsync(hub.ConnectionString, Queues.Changes, requiresSession: true);
        await LocalBus.DeclareQueueAsync(hub.ConnectionString, Queues.SyncSteps, requiresSession: true);
        await LocalBus.DeclareQueueAsync(hub.ConnectionString, Queues.Pushes, requiresSession: true);
        await LocalBus.DeclareQueueAsync(hub.ConnectionString, Queues.Notices, requiresSession: true);
        return new(hub);
    }

    public async Task<TenantId> AddTenantAsync(string settings = "", string zone = "UTC")
    {
        var tenant = await Hub.AddTenantAsync(zone);
        await Hub.AddConfigAsync(tenant, "hubspot");
        if (settings.Length > 0)
            await Hub.ExecuteAsync($"update crm_sync_configs set {settings} where tenant_id = '{tenant}'");
        return tenant;
    }

    public Task AddEventAsync(TenantId tenant, string key, int lane = 0, string more = "received_at = now() - interval '10 seconds'") => Hub.ExecuteAsync($"""
        insert into crm_webhook_events (tenant_id, platform, event_key, raw, change, lane) values ('{tenant}', 'hubspot', '{key}', '', 'changed', {lane});
        update crm_webhook_events set {more} where tenant_id = '{tenant}' and event_key = '{key}'
        """);

    public Task AddPushesAsync(TenantId tenant, int count = 1, int lane = 0, string more = "queued_at = now() - interval '10 seconds'") => Hub.ExecuteAsync($"""
        insert into crm_outbox (tenant_id, platform, kind, record_id, cause, lane)
        select '{tenant}', 'hubspot', 'contact', gen_random_uuid(), 'edit', {lane} from generate_series(1, {count});
        update crm_outbox set {more} where tenant_id = '{tenant}' and lane = {lane}
        """);

    /// <summary>The sessions of the messages in the queues, in order of their names.</summary>
    public async Task<List<string>> RungAsync()
    {
        var rung = await Hub.RowsAsync("select session_id from local_bus.messages order by 1");
        await Hub.ExecuteAsync("delete from local_bus.messages");
        return rung;
    }

    public async ValueTask DisposeAsync()
    {
        await _bus.DisposeAsync();
        await _relay.DisposeAsync();
        await Hub.DisposeAsync();
    }
}
