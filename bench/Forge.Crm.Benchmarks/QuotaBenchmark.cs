using System.Globalization;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.LocalHost.Stack;

namespace Forge.Crm.Benchmarks;

/// <summary>
/// A first load under the platforms' own limits, which the simulators hold to: the part of the permitted rate that its list calls use, the
/// calls that were turned away, and the calls that records cost against the fewest that the API allows. In real time: the budget's clock is
/// the database's. Then again with answers that take as long as they do over the internet.
/// </summary>
internal static class QuotaBenchmark
{
    private const int WarmUp = 5_000;
    private const string Token = "token-of-bench";
    private const string WarmToken = "token-of-warm-up";

    private static readonly TimeSpan FarAway = TimeSpan.FromMilliseconds(200);

    /// <param name="Limit">Calls in any stretch of <paramref name="Window"/>.</param>
    /// <param name="Page">Records of one list call at most.</param>
    private sealed record Account(Platform Platform, int Records, int Limit, TimeSpan Window, int Page);

    private sealed record Call(DateTimeOffset At, int Status, bool IsList);

    public static async Task RunAsync(CancellationToken ct)
    {
        Console.WriteLine("First load under the platforms' limits");
        foreach (var latency in new[] { TimeSpan.Zero, FarAway })
        {
            var isNear = latency == TimeSpan.Zero;
            await HubSpotAsync(new(Platform.HubSpot, isNear ? 80_000 : 10_000, 190, TimeSpan.FromSeconds(10), 100), latency, ct);
            await PipedriveAsync(new(Platform.Pipedrive, isNear ? 60_000 : 20_000, 20, TimeSpan.FromSeconds(2), 500), latency, ct);
        }
    }

    private static async Task HubSpotAsync(Account load, TimeSpan latency, CancellationToken ct)
    {
        var options = new HubSpotSimulatorOptions();
        await using var simulator = await HubSpotSimulator.StartAsync(options, ct);
        HubSpotDemoData.Fill(simulator.AddAccount(9_000_001, Token), seed: 1, load.Records, companies: 0, deals: 0);
        HubSpotDemoData.Fill(simulator.AddAccount(9_000_003, WarmToken), seed: 2, WarmUp, companies: 0, deals: 0);
        (options.Limits.Enabled, options.Faults.Latency) = (true, latency);
        await RunAsync(load, latency, simulator.BaseAddress, token => CrmCredentials.PrivateApp(token), () =>
            [.. simulator.Ledger.Entries.Where(entry => entry.PortalId == 9_000_001).Select(entry => new Call(entry.At, entry.Status, entry.Method == "GET" && entry.Path.EndsWith("/contacts", StringComparison.Ordinal)))], ct);
    }

    private static async Task PipedriveAsync(Account load, TimeSpan latency, CancellationToken ct)
    {
        var options = new PipedriveSimulatorOptions();
        await using var simulator = await PipedriveSimulator.StartAsync(options, ct);
        PipedriveDemoData.Fill(simulator.AddAccount(9_000_002, Token), seed: 1, load.Records, organizations: 0, deals: 0);
        PipedriveDemoData.Fill(simulator.AddAccount(9_000_004, WarmToken), seed: 2, WarmUp, organizations: 0, deals: 0);
        (options.Limits.Enabled, options.Faults.Latency) = (true, latency);
        await RunAsync(load, latency, simulator.BaseAddress, token => CrmCredentials.ApiToken(token), () =>
            [.. simulator.Ledger.Entries.Where(entry => entry.CompanyId == 9_000_002).Select(entry => new Call(entry.At, entry.Status, entry.Path.EndsWith("/persons", StringComparison.Ordinal) && !entry.Query.Contains("updated_since", StringComparison.Ordinal)))], ct);
    }

    private static async Task RunAsync(Account load, TimeSpan latency, Uri address, Func<string, CrmCredentials> credentials, Func<IReadOnlyList<Call>> made, CancellationToken ct)
    {
        await using var hub = await BenchTenant.HubAsync(ct);
        await using var functions = await LocalFunctions.StartAsync(hub.Connections, BenchTenant.SecretsFile(), new Dictionary<string, string?>
        {
            [$"{load.Platform}:BaseAddress"] = address.ToString(),
        }, ct);
        // Of a service that has just started, nearly half of the time would be the compiler's.
        foreach (var token in new[] { WarmToken, Token })
        {
            var tenant = new TenantId(Guid.CreateVersion7());
            await functions.Sync.ConnectAsync(tenant, load.Platform, credentials(token), ct);
            await functions.Sync.SyncAsync(new(tenant, load.Platform) { Mode = SyncMode.Initial, Kinds = [RecordKind.Contact] }, null, ct);
        }

        var calls = made();
        var lists = calls.Where(call => call.IsList).ToList();
        var seconds = (lists[^1].At - lists[0].At).TotalSeconds;
        var permitted = seconds / load.Window.TotalSeconds * load.Limit;
        var share = (lists.Count - 1) / permitted;
        var fewest = (load.Records + load.Page - 1) / load.Page;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {load.Platform}, {load.Limit} calls in {load.Window.TotalSeconds:0} s, answers after {latency.TotalMilliseconds:0} ms: {load.Records:N0} contacts in {seconds:0.0} s ({load.Records / seconds:N0}/s), {share:0.0%} of the permitted rate, {calls.Count(call => call.Status is 429 or 403)} turned away; {calls.Count * 1000.0 / load.Records:0.00} calls per 1,000 records, {fewest * 1000.0 / load.Records:0.00} is the least; {calls.Count - lists.Count} calls are not for records"));
    }
}
