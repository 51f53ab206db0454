using System.Text.Json.Nodes;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Demo;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.LocalHost.Stack;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>A simulated HubSpot account, a simulated Pipedrive company and the hub, joined by the functions as they are deployed.</summary>
internal sealed class ThreeSystems : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string Token = "three-systems-token";

    private readonly HubSpotSimulator _hubSpot;
    private readonly PipedriveSimulator _pipedrive;
    private readonly LocalFunctions _functions;
    private readonly string _secrets;

    private ThreeSystems(HubDatabase hub, HubSpotSimulator hubSpot, PipedriveSimulator pipedrive, LocalFunctions functions, string secrets)
    {
        (Hub, _hubSpot, _pipedrive, _functions, _secrets) = (hub, hubSpot, pipedrive, functions, secrets);
        (HubSpot, Pipedrive) = (hubSpot.Accounts.Single(), pipedrive.Accounts.Single());
    }

    public HubDatabase Hub { get; }

    public HubSpotAccount HubSpot { get; }

    public PipedriveAccount Pipedrive { get; }

    public LocalFunctions Functions => _functions;

    public HubSpotFaults HubSpotFaults => _hubSpot.Faults;

    /// <summary>Calls that changed something there: what people do in the simulators is not among them.</summary>
    public int HubSpotWrites => _hubSpot.Ledger.Count(call => call.Method != "GET" && call.Path.StartsWith("/crm/", StringComparison.Ordinal)
        && !call.Path.EndsWith("/read", StringComparison.Ordinal) && !call.Path.EndsWith("/search", StringComparison.Ordinal)
        && !call.Path.Contains("/properties", StringComparison.Ordinal));

    public int HubSpotCalls => _hubSpot.Ledger.Count(_ => true);

    public int PipedriveCalls => _pipedrive.Ledger.Count(_ => true);

    /// <summary>Whether HubSpot's webhooks reach us; what happens meanwhile is not told later.</summary>
    public bool HearsHubSpot
    {
        set => _hubSpot.Webhooks.Target = value ? new Uri(_functions.Address, "webhooks/hubspot").ToString() : null;
    }

    public int PipedriveWrites => _pipedrive.Ledger.Count(call => call.Method != "GET" && call.Path.StartsWith("/api/v2/", StringComparison.Ordinal)
        && !call.Path.EndsWith("Fields", StringComparison.Ordinal));

    /// <param name="contacts">How many contacts HubSpot has; Pipedrive is empty.</param>
    public static async Task<ThreeSystems> StartAsync(int contacts = 6)
    {
        var hub = await HubDatabase.CreateAsync();
        var hubSpot = await HubSpotSimulator.StartAsync(new HubSpotSimulatorOptions(), CancellationToken.None);
        HubSpotDemoData.Fill(hubSpot.AddAccount(9_300_001, Token), seed: 5, contacts, companies: 3, deals: 2);
        var pipedrive = await PipedriveSimulator.StartAsync(new PipedriveSimulatorOptions(), CancellationToken.None);
        pipedrive.AddAccount(5_300_001, Token);
        var secrets = Path.Combine(Path.GetTempPath(), $"forge-{Guid.NewGuid():n}.json");
        var functions = await LocalFunctions.StartAsync(
            new(hub.ConnectionString, hub.AppConnectionString, hub.RelayConnectionString), secrets,
            new Dictionary<string, string?>
            {
                ["HubSpot:BaseAddress"] = hubSpot.BaseAddress.ToString(),
                ["HubSpot:ClientSecret"] = hubSpot.Options.ClientSecret,
                ["Pipedrive:BaseAddress"] = pipedrive.BaseAddress.ToString(),
                ["Pipedrive:CallsPerTwoSeconds"] = "1000",
                ["Pipedrive:TokensPerDay"] = "10000000",
            },
            CancellationToken.None);
        var systems = new ThreeSystems(hub, hubSpot, pipedrive, functions, secrets);
        await systems.ConnectAsync();
        return systems;
    }

    /// <summary>Waits until a value is what it should be.</summary>
    public static async Task UntilAsync(Func<Task<string?>> shown, string? wanted, string where)
    {
        using var patience = new CancellationTokenSource(Patience);
        var last = await shown();
        while (last != wanted)
        {
            if (patience.IsCancellationRequested)
                throw new TimeoutException($"{where} still shows '{last}', not '{wanted}'.");
            await Task.Delay(10, CancellationToken.None);
            last = await shown();
        }
    }

    public static Task UntilAsync(Func<string?> shown, string? wanted, string where) => UntilAsync(() => Task.FromResult(shown()), wanted, where);

    /// <summary>Waits until nothing is under way: no webhook, no pending event, no push, no job.</summary>
    public async Task RestAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        for (var quiet = 0; quiet < 3;)
        {
            await _hubSpot.WebhooksIdleAsync(patience.Token);
            await _pipedrive.WebhooksIdleAsync(patience.Token);
            var left = await Hub.ScalarAsync<long>(
                "select (select count(*) from crm_webhook_events where status = 'pending') + (select count(*) from crm_outbox where status = 'pending') + (select count(*) from crm_sync_jobs where state in ('queued', 'running'))");
            quiet = left == 0 ? quiet + 1 : 0;
            await Task.Delay(30, patience.Token);
        }
    }


    /// <summary>Every record of both platforms is compared with the hub.</summary>
    public async Task SweepAsync()
    {
        foreach (var platform in new[] { Platform.HubSpot, Platform.Pipedrive })
            await _functions.Sync.SyncAsync(new(Hub.Id, platform) { Mode = SyncMode.Sweep }, null, CancellationToken.None);
    }

    /// <summary>Changes settings by SQL and has the functions read them at once, not after the seconds for which they keep them.</summary>
    public async Task ChangeSettingsAsync(string sql)
    {
        await Hub.ExecuteAsync(sql);
        _functions.Services.GetRequiredService<PlatformSessions>().Forget(Hub.Id);
    }

    /// <summary>Drives the journal again, as a redrive does event by event.</summary>
    public async Task ReplayAsync()
    {
        await Hub.ExecuteAsync("update crm_webhook_events set status = 'pending', attempts = 0, next_attempt_at = null");
        foreach (var platform in new[] { Platform.HubSpot, Platform.Pipedrive })
            await _functions.Services.GetRequiredService<Rings>().RingAsync(new(Hub.Id, platform, 0), [], CancellationToken.None);
        await RestAsync();
    }

    public string? PersonName(string email) => Person(email)?["first_name"]?.GetValue<string>();

    public JsonObject? Person(string email) => Pipedrive.Records("persons").FirstOrDefault(person => person["emails"]!.AsArray().Any(e => e!["value"]!.GetValue<string>() == email));

    public HubSpotSnapshot? Contact(string email) => HubSpot.Records("contacts").FirstOrDefault(contact => contact["email"] == email);

    public async Task<string?> HubNameAsync(string email) =>
        (await Hub.RowsAsync($"select coalesce(first_name, '') from crm_contacts where email = '{email}' and deleted_at is null")).FirstOrDefault();

    public async ValueTask DisposeAsync()
    {
        await _functions.DisposeAsync();
        await _hubSpot.DisposeAsync();
        await _pipedrive.DisposeAsync();
        await Hub.DisposeAsync();
        File.Delete(_secrets);
    }

    private async Task ConnectAsync()
    {
        await _functions.Sync.ConnectAsync(Hub.Id, Platform.HubSpot, CrmCredentials.PrivateApp(Token), CancellationToken.None);
        using (var first = new FirstConnection(_functions, Hub.Id, Platform.HubSpot))
            await first.OpenBothWaysAsync(CancellationToken.None);
        await _functions.Sync.SyncAsync(new(Hub.Id, Platform.HubSpot), null, CancellationToken.None);
        _hubSpot.Webhooks.Target = new Uri(_functions.Address, "webhooks/hubspot").ToString();
        await _functions.Sync.ConnectAsync(Hub.Id, Platform.Pipedrive, CrmCredentials.ApiToken(Token), CancellationToken.None);
        using var second = new FirstConnection(_functions, Hub.Id, Platform.Pipedrive);
        await second.OpenBothWaysAsync(CancellationToken.None);
        await second.ApproveAsync(CancellationToken.None);
        await RestAsync();
    }
}
