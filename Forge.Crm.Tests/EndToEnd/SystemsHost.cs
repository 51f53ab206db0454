using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Demo;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.LocalHost.Stack;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>The functions as they are deployed, on a hub of a test's own, between a simulated HubSpot and a simulated Pipedrive; for any number of tenants.</summary>
internal sealed class SystemsHost : IAsyncDisposable
{
    private static readonly Platform[] Platforms = [Platform.HubSpot, Platform.Pipedrive];

    private readonly string _secrets;

    private SystemsHost(HubDatabase hub, HubSpotSimulator hubSpot, PipedriveSimulator pipedrive, LocalFunctions functions, string secrets) =>
        (Hub, HubSpot, Pipedrive, Functions, _secrets) = (hub, hubSpot, pipedrive, functions, secrets);

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    public HubDatabase Hub { get; }

    public HubSpotSimulator HubSpot { get; }

    public PipedriveSimulator Pipedrive { get; }

    public LocalFunctions Functions { get; }

    /// <summary>Whether HubSpot's webhooks reach us; what happens meanwhile is not told later.</summary>
    public bool HearsHubSpot
    {
        set => HubSpot.Webhooks.Target = value ? new Uri(Functions.Address, "webhooks/hubspot").ToString() : null;
    }

    public int HubSpotWrites => HubSpot.Ledger.Count(IsWrite);

    public int PipedriveWrites => Pipedrive.Ledger.Count(IsWrite);

    /// <summary>Calls that changed something in a tenant's account of this number on either platform.</summary>
    public IReadOnlyList<string> WritesOf(long account) =>
    [
        .. HubSpot.Ledger.Entries.Where(call => call.PortalId == account && IsWrite(call)).Select(call => $"{call.At:HH:mm:ss.fff} HubSpot {call.Method} {call.Path}: {call.Status}"),
        .. Pipedrive.Ledger.Entries.Where(call => call.CompanyId == account && IsWrite(call)).Select(call => $"{call.At:HH:mm:ss.fff} Pipedrive {call.Method} {call.Path}: {call.Status}"),
    ];

    /// <param name="logs">From which level on the functions write what they have to say.</param>
    public static async Task<SystemsHost> StartAsync(LogLevel logs = LogLevel.Warning)
    {
        var hub = await HubDatabase.CreateAsync();
        var hubSpot = await HubSpotSimulator.StartAsync(new HubSpotSimulatorOptions(), CancellationToken.None);
        var pipedrive = await PipedriveSimulator.StartAsync(new PipedriveSimulatorOptions(), CancellationToken.None);
        var secrets = Path.Combine(Path.GetTempPath(), $"forge-{Guid.NewGuid():n}.json");
        var functions = await LocalFunctions.StartAsync(
            new(hub.ConnectionString, hub.AppConnectionString, hub.RelayConnectionString), secrets,
            new Dictionary<string, string?>
            {
                ["Logging:LogLevel:Default"] = logs.ToString(),
                ["HubSpot:BaseAddress"] = hubSpot.BaseAddress.ToString(),
                ["HubSpot:ClientSecret"] = hubSpot.Options.ClientSecret,
                ["Pipedrive:BaseAddress"] = pipedrive.BaseAddress.ToString(),
                ["Pipedrive:CallsPerTwoSeconds"] = "1000",
                ["Pipedrive:TokensPerDay"] = "10000000",
            },
            CancellationToken.None);
        return new(hub, hubSpot, pipedrive, functions, secrets);
    }

    /// <summary>Connects an account of each for a tenant, both ways, and loads both.</summary>
    public async Task ConnectAsync(TenantId tenant, string hubSpotToken, string pipedriveToken)
    {
        await Functions.Sync.ConnectAsync(tenant, Platform.HubSpot, CrmCredentials.PrivateApp(hubSpotToken), CancellationToken.None);
        using (var first = new FirstConnection(Functions, tenant, Platform.HubSpot))
            await first.OpenBothWaysAsync(CancellationToken.None);
        await Functions.Sync.SyncAsync(new(tenant, Platform.HubSpot), null, CancellationToken.None);
        HearsHubSpot = true;
        await Functions.Sync.ConnectAsync(tenant, Platform.Pipedrive, CrmCredentials.ApiToken(pipedriveToken), CancellationToken.None);
        using var second = new FirstConnection(Functions, tenant, Platform.Pipedrive);
        await second.OpenBothWaysAsync(CancellationToken.None);
        await second.ApproveAsync(CancellationToken.None);
    }

    /// <summary>Waits until nothing is under way for anybody: no webhook, no pending event, no push, no job.</summary>
    /// <exception cref="TimeoutException">Something is under way for longer than anybody waits; it names what.</exception>
    public async Task RestAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            for (var quiet = 0; quiet < 3;)
            {
                await HubSpot.WebhooksIdleAsync(patience.Token);
                await Pipedrive.WebhooksIdleAsync(patience.Token);
                var left = await Hub.ScalarAsync<long>(
                    "select (select count(*) from crm_webhook_events where status = 'pending') + (select count(*) from crm_outbox where status = 'pending') + (select count(*) from crm_sync_jobs where state in ('queued', 'running'))");
                quiet = left == 0 ? quiet + 1 : 0;
                await Task.Delay(30, patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"No rest within {Patience.TotalSeconds} s:\n{string.Join('\n', await UnderWayAsync())}");
        }
    }

    private Task<List<string>> UnderWayAsync() => Hub.RowsAsync("""
        select 'event', tenant_id, platform, remote_kind, external_id, change, attempts, next_attempt_at::text, reason from crm_webhook_events where status = 'pending'
        union all select 'push', tenant_id, platform, kind, record_id::text, cause, attempts, next_attempt_at::text, reason from crm_outbox where status = 'pending'
        union all select 'job', tenant_id, platform, mode, id::text, state, step, cursor::text, error from crm_sync_jobs where state in ('queued', 'running')
        """);

    /// <summary>Every record of both platforms is compared with the hub.</summary>
    public async Task SweepAsync(TenantId tenant)
    {
        foreach (var platform in Platforms)
            await Functions.Sync.SyncAsync(new(tenant, platform) { Mode = SyncMode.Sweep }, null, CancellationToken.None);
    }

    // What people do in the simulators is no call.
    private static bool IsWrite(HubSpotRequest call) => call.Method != "GET" && call.Path.StartsWith("/crm/", StringComparison.Ordinal)
        && !call.Path.EndsWith("/read", StringComparison.Ordinal) && !call.Path.EndsWith("/search", StringComparison.Ordinal)
        && !call.Path.Contains("/properties", StringComparison.Ordinal);

    private static bool IsWrite(PipedriveRequest call) => call.Method != "GET" && call.Path.StartsWith("/api/v2/", StringComparison.Ordinal)
        && !call.Path.EndsWith("Fields", StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await Functions.DisposeAsync();
        await HubSpot.DisposeAsync();
        await Pipedrive.DisposeAsync();
        await Hub.DisposeAsync();
        File.Delete(_secrets);
    }
}
