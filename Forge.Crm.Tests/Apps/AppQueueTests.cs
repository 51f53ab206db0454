using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Functions.Webhooks;
using Forge.Crm.LocalAzure;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Timers;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Forge.Crm.Tests.Apps;

/// <summary>The functions of the apps' queues in the host that runs them, on a bus of their own.</summary>
public sealed class AppQueueTests : IAsyncLifetime
{
    private HubDatabase _hub = null!;
    private IHost _host = null!;
    private ServiceBusClient _client = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        _host = await StartAsync(_hub);
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
    public async Task Each_app_is_heard_by_its_own_queue_and_ten_deliveries_are_one_event()
    {
        var tenant = await TenantAsync();
        foreach (var message in new[] { AppMessages.Inquiry(tenant), AppMessages.Transaction(tenant, "T-1"), AppMessages.Signup(tenant) })
        {
            await using var sender = _client.CreateSender(Queues.OfApp(Names.Parse<PlatformApp>(message["type"]!.GetValue<string>().Split('.')[0])));
            await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => sender.SendMessageAsync(new(message.Bytes()))));
        }

        await Wait.UntilAsync(async () => await _hub.ScalarAsync<long>("select count(*) from crm_webhook_events where status = 'applied'") == 3, "the events were not applied");
        await QuietAsync();
        (await _hub.RowsAsync("select count(*) from crm_webhook_events")).ShouldBe(["3"]);
        (await _hub.RowsAsync("select (select count(*) from crm_contacts), (select count(*) from crm_deals), (select count(*) from crm_activities), (select count(*) from crm_tasks)"))
            .ShouldBe(["3|2|2|4"]);
    }

    [Fact]
    public async Task What_is_refused_is_gone_from_the_bus_and_leaves_no_trace()
    {
        var tenant = await TenantAsync();
        await using var sender = _client.CreateSender(Queues.FolioEvents);
        foreach (var bytes in new[] { "?"u8.ToArray(), AppMessages.Inquiry(tenant).Bytes(), AppMessages.Transaction(new(Guid.NewGuid()), "T-1").Bytes() })
            await sender.SendMessageAsync(new(bytes));
        await QuietAsync();
        (await _hub.RowsAsync("select count(*) from crm_webhook_events")).ShouldBe(["0"]);
    }

    internal static async Task<IHost> StartAsync(HubDatabase hub, FakeSecretStore? secrets = null, params string[] settings)
    {
        var builder = FunctionsApplication.CreateBuilder(
        [
            "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", $"--ServiceBus={hub.ConnectionString}", "--Forge:PublicBaseUrl=https://sync.example.com",
            $"--Postgres:AppConnectionString={hub.AppConnectionString}", $"--Postgres:RelayConnectionString={hub.RelayConnectionString}", .. settings,
        ]);
        builder.ConfigureFunctionsWebApplication().AddFunctionsFrom(typeof(HubSpotWebhookFunction).Assembly);
        builder.Services.AddSingleton<ISecretStore>(secrets ?? new FakeSecretStore());
        builder.Services.AddForgeCrm(builder.Configuration);
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private async Task<TenantId> TenantAsync()
    {
        var tenant = new TenantId(Guid.CreateVersion7());
        await Tenants.EnsureAsync(_hub.AppConnectionString, new(tenant, "가게", "Asia/Seoul", "KRW", "KR") { Apps = [.. Enum.GetValues<PlatformApp>()] }, CancellationToken.None);
        return tenant;
    }

    private Task QuietAsync() => Wait.UntilAsync(
        async () => (await LocalBus.CountAsync(_hub.ConnectionString)).All(queue => queue.Active == 0 || !queue.Name.StartsWith("crm-events", StringComparison.Ordinal)), "messages were left");
}
