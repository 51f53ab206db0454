using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Functions.Webhooks;
using Forge.Crm.LocalAzure;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Timers;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Forge.Crm.Tests.Functions;

/// <summary>The queue functions in the host that runs them, on a bus of their own: what is answered, given up, and rung for again.</summary>
public sealed class QueueFunctionTests : IAsyncLifetime
{
    private readonly BrokenVault _vault = new();
    private HubDatabase _hub = null!;
    private IHost _host = null!;
    private ServiceBusClient _client = null!;
    private TenantId _tenant;

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        _tenant = _hub.Id;
        await _hub.AddConfigAsync(_tenant, "hubspot");
        await _hub.ReconciledAsync();
        var builder = FunctionsApplication.CreateBuilder(
        [
            "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", $"--ServiceBus={_hub.ConnectionString}", "--Forge:PublicBaseUrl=https://sync.example.com",
            $"--Postgres:AppConnectionString={_hub.AppConnectionString}", $"--Postgres:RelayConnectionString={_hub.RelayConnectionString}",
        ]);
        builder.ConfigureFunctionsWebApplication().AddFunctionsFrom(typeof(HubSpotWebhookFunction).Assembly);
        builder.Services.AddSingleton<ISecretStore>(_vault);
        builder.Services.AddForgeCrm(builder.Configuration);
        _host = builder.Build();
        await _host.StartAsync();
        _client = new(_hub.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _host.StopAsync();
        _host.Dispose();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task A_ring_for_a_lane_with_nothing_in_it_and_a_step_of_no_job_are_answered_and_gone()
    {
        var rings = _host.Services.GetRequiredService<Rings>();
        await rings.RingAsync(new(_tenant, Platform.HubSpot, 0), [1], CancellationToken.None);
        await rings.PushAsync(new(_tenant, Platform.HubSpot, 0), CancellationToken.None);
        await rings.NoticesAsync(_tenant, CancellationToken.None);
        await rings.StepAsync(_tenant, Platform.HubSpot, Guid.NewGuid(), 1, CancellationToken.None);
        await Wait.UntilAsync(async () => await CountAsync() == (0, 0), "messages were left");
    }

    [Fact]
    public async Task A_message_that_is_not_ours_is_given_up_and_dropped()
    {
        foreach (var queue in new[] { Queues.Changes, Queues.SyncSteps, Queues.Pushes, Queues.Notices })
            await _client.CreateSender(queue).SendMessageAsync(new("?") { SessionId = "x" });
        await Wait.UntilAsync(async () => await CountAsync() == (0, 0), "messages were left");
    }

    [Fact]
    public async Task A_lane_whose_handler_fails_again_and_again_is_rung_for_later_and_its_events_stay_pending()
    {
        _vault.IsBroken = true;
        await _hub.ExecuteAsync($"""
            insert into crm_webhook_events (tenant_id, platform, event_key, raw, change) values ('{_tenant}', 'hubspot', 'k', '', 'changed')
            """);
        await _host.Services.GetRequiredService<Rings>().RingAsync(new Lane(_tenant, Platform.HubSpot, 0), [], CancellationToken.None);

        await Wait.UntilAsync(async () => (await CountAsync()).Scheduled > 0, "it was not rung for again");
        (await _hub.RowsAsync("select status, attempts from crm_webhook_events")).ShouldBe(["pending|0"]);
    }

    [Fact]
    public async Task The_timers_run_under_their_leases()
    {
        var timers = _host.Services.GetRequiredService<LocalFunctionsHost>();
        foreach (var timer in timers.Timers)
            await timers.RunTimerAsync(timer);
        (await _hub.RowsAsync("select name from crm_leases order by name")).ShouldBe(
            ["activity-summary", "hubspot-leads", "pipeline-snapshot", "pruning", "reconcile", "relay", "revenue-forecast", "rule-check", "timed-rules", "webhook-check"]);
    }

    private async Task<(long Active, long Scheduled)> CountAsync()
    {
        var queues = await LocalBus.CountAsync(_hub.ConnectionString);
        return (queues.Sum(queue => queue.Active), queues.Sum(queue => queue.Scheduled));
    }

    private sealed class BrokenVault : ISecretStore
    {
        public bool IsBroken { get; set; }

        public Task<string?> GetAsync(string name, CancellationToken ct) =>
            IsBroken ? throw new InvalidOperationException("The vault is broken.") : Task.FromResult<string?>(null);

        public Task SetAsync(string name, string value, CancellationToken ct) => Task.CompletedTask;

        public Task DeleteAsync(string name, CancellationToken ct) => Task.CompletedTask;
    }
}
