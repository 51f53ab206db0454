using System.Text.Json.Nodes;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.LocalHost.Stack;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>A simulated HubSpot account, a simulated Pipedrive company and the hub, joined by the functions as they are deployed.</summary>
internal sealed class ThreeSystems : IAsyncDisposable
{
    private const string Token = "three-systems-token";

    private readonly SystemsHost _host;

    private ThreeSystems(SystemsHost host)
    {
        _host = host;
        HubSpot = host.HubSpot.AddAccount(9_300_001, Token);
        Pipedrive = host.Pipedrive.AddAccount(5_300_001, Token);
    }

    public HubDatabase Hub => _host.Hub;

    public HubSpotAccount HubSpot { get; }

    public PipedriveAccount Pipedrive { get; }

    public LocalFunctions Functions => _host.Functions;

    public HubSpotFaults HubSpotFaults => _host.HubSpot.Faults;

    public PipedriveFaults PipedriveFaults => _host.Pipedrive.Faults;

    public int HubSpotWrites => _host.HubSpotWrites;

    public int PipedriveWrites => _host.PipedriveWrites;

    public int HubSpotCalls => _host.HubSpot.Ledger.Count(_ => true);

    public int PipedriveCalls => _host.Pipedrive.Ledger.Count(_ => true);

    public bool HearsHubSpot
    {
        set => _host.HearsHubSpot = value;
    }

    /// <param name="contacts">How many contacts HubSpot has; Pipedrive is empty.</param>
    public static async Task<ThreeSystems> StartAsync(int contacts = 6)
    {
        var systems = new ThreeSystems(await SystemsHost.StartAsync());
        HubSpotDemoData.Fill(systems.HubSpot, seed: 5, contacts, companies: 3, deals: 2);
        await systems._host.ConnectAsync(systems.Hub.Id, Token, Token);
        await systems.RestAsync();
        return systems;
    }

    /// <summary>Waits until a value is what it should be.</summary>
    public static async Task UntilAsync(Func<Task<string?>> shown, string? wanted, string where)
    {
        using var patience = new CancellationTokenSource(SystemsHost.Patience);
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

    public Task RestAsync() => _host.RestAsync();

    public Task SweepAsync() => _host.SweepAsync(Hub.Id);

    /// <summary>Changes settings by SQL and has the functions read them at once, not after the seconds for which they keep them.</summary>
    public async Task ChangeSettingsAsync(string sql)
    {
        await Hub.ExecuteAsync(sql);
        Functions.Services.GetRequiredService<PlatformSessions>().Forget(Hub.Id);
    }

    /// <summary>Drives the journal again, as a redrive does event by event.</summary>
    public async Task ReplayAsync()
    {
        await Hub.ExecuteAsync("update crm_webhook_events set status = 'pending', attempts = 0, next_attempt_at = null");
        foreach (var platform in new[] { Platform.HubSpot, Platform.Pipedrive })
            await Functions.Services.GetRequiredService<Rings>().RingAsync(new(Hub.Id, platform, 0), [], CancellationToken.None);
        await RestAsync();
    }

    public string? PersonName(string email) => Person(email)?["first_name"]?.GetValue<string>();

    public JsonObject? Person(string email) => Pipedrive.Records("persons").FirstOrDefault(person => person["emails"]!.AsArray().Any(e => e!["value"]!.GetValue<string>() == email));

    public HubSpotSnapshot? Contact(string email) => HubSpot.Records("contacts").FirstOrDefault(contact => contact["email"] == email);

    public async Task<string?> HubNameAsync(string email) =>
        (await Hub.RowsAsync($"select coalesce(first_name, '') from crm_contacts where email = '{email}' and deleted_at is null")).FirstOrDefault();

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
