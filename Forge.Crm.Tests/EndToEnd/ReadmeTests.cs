using System.Text.Json;
using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.Tests.Apps;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Timers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.EndToEnd;

public sealed class ReadmeTests
{
    /// <summary>The lines of README's "From C#, without the bus", between the two marks.</summary>
    [Fact]
    public async Task The_library_syncs_as_the_readme_shows_without_bus_or_functions()
    {
        await using var hub = await HubDatabase.CreateAsync();
        await using var simulator = await HubSpotSimulator.StartAsync(new HubSpotSimulatorOptions(), CancellationToken.None);
        const string token = "readme-token";
        HubSpotDemoData.Fill(simulator.AddAccount(9_300_001, token), seed: 5, contacts: 230, companies: 40, deals: 25);
        var secrets = Path.Combine(Path.GetTempPath(), $"forge-readme-{Guid.NewGuid():n}.json");
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Postgres:AppConnectionString"] = hub.AppConnectionString,
            ["KeyVault:File"] = secrets,
            ["HubSpot:BaseAddress"] = simulator.BaseAddress.ToString(),
        }).Build();
        var services = new ServiceCollection();
        var tenant = hub.Id;
        var ct = CancellationToken.None;
        var seen = new List<SyncProgress>();
        var progress = new Recorded(seen);

        // README, first part
        services.AddForgeCrm(configuration);
        // README, end
        await using var provider = services.BuildServiceProvider();
        var crmSync = provider.GetRequiredService<ICrmSync>();
        using var output = new StringWriter();
        Console.SetOut(output);
        try
        {
            // README, second part
            await crmSync.ConnectAsync(tenant, Platform.HubSpot, CrmCredentials.PrivateApp(token), ct);
            SyncResult result = await crmSync.SyncAsync(new SyncRequest(tenant, Platform.HubSpot), progress, ct);
            Console.WriteLine($"{result.ContactsSynced} contacts, {result.CompaniesSynced} companies, {result.DealsSynced} deals, "
                + $"{result.Unchanged} unchanged, {result.Failed} failed");
            // README, end
        }
        finally
        {
            Console.SetOut(new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true });
            File.Delete(secrets);
        }

        output.ToString().ShouldContain("230 contacts, 40 companies, 25 deals, 0 unchanged, 0 failed");
        seen[^1].Done.ShouldBe(295);
    }

    /// <summary>The lines of README's "Events of our own apps": nothing but the client, JSON and the published contract.</summary>
    [Fact]
    public async Task An_app_sends_an_inquiry_as_the_readme_shows()
    {
        await using var hub = await HubDatabase.CreateAsync();
        var tenant = new TenantId(Guid.CreateVersion7());
        await Tenants.EnsureAsync(hub.AppConnectionString, new(tenant, "가게", "Asia/Seoul", "KRW", "KR") { Apps = [PlatformApp.Bidflow] }, CancellationToken.None);
        var host = await AppQueueTests.StartAsync(hub);
        var connection = hub.ConnectionString;
        var happened = TimeProvider.System.GetUtcNow();

        // README, third part
        await using var bus = new ServiceBusClient(connection);
        await using var queue = bus.CreateSender("crm-events-bidflow");
        var inquiry = new
        {
            specversion = "1.0",
            id = "inquiry-20261130-000417",
            source = "urn:bidflow:inquiries",
            type = "bidflow.inquiry.submitted",
            time = happened,
            datacontenttype = "application/json",
            dataschema = "urn:forge-crm:bidflow.inquiry.submitted:1",
            tenantid = tenant.ToString(),
            data = new
            {
                inquiry_id = "20261130-000417",
                title = "스마트 교실 구축",
                channel = "narajangteo",
                contact = new { email = "minsu.kim@haneul.example", name = "김민수", phone = "+82 10-1234-5678", company_name = "하늘건설 주식회사" },
                estimated_value = new { amount = 45_000_000, currency = "KRW" },
            },
        };
        await queue.SendMessageAsync(new ServiceBusMessage(JsonSerializer.Serialize(inquiry)) { ContentType = "application/cloudevents+json" });
        // README, end

        await Wait.UntilAsync(async () => await hub.ScalarAsync<long>("select count(*) from crm_webhook_events where status = 'applied'") == 1, "the inquiry was not applied");
        (await hub.RowsAsync("select name, amount::bigint, currency from crm_deals")).ShouldBe(["스마트 교실 구축|45000000|KRW"]);
        (await hub.RowsAsync("select first_name, phone, lifecycle_stage from crm_contacts")).ShouldBe(["김민수|+821012345678|lead"]);
        await host.StopAsync();
        host.Dispose();
    }

    private sealed class Recorded(List<SyncProgress> seen) : IProgress<SyncProgress>
    {
        public void Report(SyncProgress value) => seen.Add(value);
    }
}
