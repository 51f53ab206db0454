using System.Diagnostics;
using System.Globalization;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Demo;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Stack;

namespace Forge.Crm.Benchmarks;

/// <summary>
/// From a person's edit in the (simulated) HubSpot until the hub's row shows it: webhook, journal, bus, read, plan, write. Edits one at a
/// time; the hub is asked every 3 ms.
/// </summary>
internal static class LatencyBenchmark
{
    private const int Edits = 200;

    public static async Task RunAsync(CancellationToken ct)
    {
        Console.WriteLine("Edit to hub, one edit at a time");
        await using var hub = await BenchTenant.HubAsync(ct);
        await using var simulator = await HubSpotSimulator.StartAsync(new HubSpotSimulatorOptions(), ct);
        var tenant = DemoTenant.All[0];
        var account = simulator.AddAccount(tenant.PortalId, tenant.Token);
        HubSpotDemoData.Fill(account, seed: 1, contacts: 500, companies: 50, deals: 10);
        await using var functions = await LocalFunctions.StartAsync(hub.Connections, BenchTenant.SecretsFile(), new Dictionary<string, string?>
        {
            ["HubSpot:BaseAddress"] = simulator.BaseAddress.ToString(),
            ["HubSpot:ClientSecret"] = simulator.Options.ClientSecret,
        }, ct);
        await functions.Sync.ConnectAsync(tenant.Id, Platform.HubSpot, CrmCredentials.PrivateApp(tenant.Token), ct);
        await functions.Sync.SyncAsync(new(tenant.Id, Platform.HubSpot), null, ct);
        simulator.Webhooks.Target = new Uri(functions.Address, "webhooks/hubspot").ToString();

        var contacts = account.Records("contacts");
        var times = new List<double>();
        for (var i = -20; i < Edits; i++)
        {
            var title = $"Edit {i}";
            var contact = contacts[(i + 20) % contacts.Count];
            var started = Stopwatch.GetTimestamp();
            account.Edit("contacts", contact.Id, new Dictionary<string, string> { ["jobtitle"] = title });
            if (await HubCheck.WaitForAsync(hub, tenant, contact.Id, title, ct) is null)
                throw new InvalidOperationException($"The edit of contact {contact.Id} did not arrive.");
            if (i >= 0)
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {Edits} edits: p50 {times[Edits / 2]:0} ms, p95 {times[(int)(Edits * 0.95)]:0} ms, max {times[^1]:0} ms"));
    }
}
