using System.Diagnostics;
using System.Globalization;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Stack;

namespace Forge.Crm.Benchmarks;

/// <summary>
/// Journaled events through the bus until they are applied: rings, claims, batch reads from the simulator, planning, writing. Each event is of
/// another contact and changes two fields. Floor: what one such event needs in the database, a transaction each, by pgbench at its best
/// client count.
/// </summary>
internal static class ApplyBenchmark
{
    private const int Events = 12_000;

    public static async Task RunAsync(CancellationToken ct)
    {
        Console.WriteLine("ApplyChanges, events a second through the bus");
        foreach (var tenants in new[] { 1, 20 })
        {
            await using var hub = await BenchTenant.HubAsync(ct);
            var ours = await ApplyAsync(hub, tenants, ct);
            var floor = await ApplyFloor.RunAsync(hub, ct);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {tenants,2} tenants: {ours,6:N0} events/s | floor {floor.PerSecond,6:N0}/s (pgbench, {floor.Clients} clients) | {ours / floor.PerSecond:0.0} times the floor"));
        }
    }

    private static async Task<double> ApplyAsync(LocalHub hub, int tenants, CancellationToken ct)
    {
        await using var simulator = await HubSpotSimulator.StartAsync(new HubSpotSimulatorOptions(), ct);
        await using var functions = await LocalFunctions.StartAsync(hub.Connections, BenchTenant.SecretsFile(), new Dictionary<string, string?>
        {
            ["HubSpot:BaseAddress"] = simulator.BaseAddress.ToString(),
            ["HubSpot:ClientSecret"] = simulator.Options.ClientSecret,
            ["HubSpot:CallsPerTenSeconds"] = "1000", // more than any plan has: HubSpot must not be what is measured
            ["Forge:IntakeEventsPerSecond"] = "1000000",
        }, ct);
        var accounts = new List<HubSpotAccount>();
        for (var i = 0; i < tenants; i++)
            accounts.Add(await ConnectAsync(hub, simulator, functions, i, Events / tenants, ct));

        // Intake first, with the tenants paused; then all at once.
        await BenchTenant.ExecuteAsync(hub, "update crm_sync_configs set state = 'paused' where platform = 'hubspot'", ct);
        await Task.Delay(TimeSpan.FromSeconds(11), ct); // until every process has read it
        simulator.Webhooks.Subscribed = (_, property) => property.Name == "jobtitle";
        simulator.Webhooks.Target = new Uri(functions.Address, "webhooks/hubspot").ToString();
        foreach (var account in accounts)
        {
            foreach (var contact in account.Records("contacts"))
                account.Edit("contacts", contact.Id, new Dictionary<string, string> { ["jobtitle"] = "Benchmarker", ["city"] = "Nowhere" });
        }

        await simulator.WebhooksIdleAsync(ct);
        var journaled = await PendingAsync(hub, ct);
        await BenchTenant.ExecuteAsync(hub, "update crm_sync_configs set state = 'live' where platform = 'hubspot'; update crm_webhook_events set received_at = received_at - interval '1 minute'", ct);
        var before = await PendingAsync(hub, ct);
        while (await PendingAsync(hub, ct) == before)
            await Task.Delay(5, ct); // the relay rings within seconds; the clock starts with the first batch
        var (left, started) = (await PendingAsync(hub, ct), Stopwatch.GetTimestamp());
        while (await PendingAsync(hub, ct) > 0)
            await Task.Delay(20, ct);
        var applied = await BenchTenant.CountAsync(hub, "select count(*) from crm_webhook_events where status = 'applied'", ct);
        if (applied != journaled)
            throw new InvalidOperationException($"{journaled} events were journaled and {applied} applied.");
        return left / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<HubSpotAccount> ConnectAsync(
        LocalHub hub, HubSpotSimulator simulator, LocalFunctions functions, int i, int contacts, CancellationToken ct)
    {
        var tenant = await BenchTenant.AddAsync(hub, ct);
        var token = $"bench-token-{i}";
        var account = simulator.AddAccount(9_100_000 + i, token);
        HubSpotDemoData.Fill(account, i, contacts, 0, 0);
        await functions.Sync.ConnectAsync(tenant, Platform.HubSpot, CrmCredentials.PrivateApp(token), ct);
        await BenchTenant.ConnectAsync(hub, tenant, account.PortalId, ct);
        await functions.Sync.SyncAsync(new(tenant, Platform.HubSpot), null, ct);
        return account;
    }

    private static Task<long> PendingAsync(LocalHub hub, CancellationToken ct) =>
        BenchTenant.CountAsync(hub, "select count(*) from crm_webhook_events where status = 'pending'", ct);
}
