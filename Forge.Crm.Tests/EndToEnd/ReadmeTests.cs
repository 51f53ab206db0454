using Forge.Crm.Adapters;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.Tests.PostgreSql;
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

    private sealed class Recorded(List<SyncProgress> seen) : IProgress<SyncProgress>
    {
        public void Report(SyncProgress value) => seen.Add(value);
    }
}
