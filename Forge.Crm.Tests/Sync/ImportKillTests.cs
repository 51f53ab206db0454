using Forge.Crm.Adapters;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Functions.Webhooks;
using Forge.Crm.LocalAzure;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.LocalAzure;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Timers;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Forge.Crm.Tests.Sync;

/// <summary>The functions in a process of its own, killed with SIGKILL in the middle of a first load; another process goes on.</summary>
[Trait("Category", "Proof")]
public sealed class ImportKillTests : IAsyncLifetime
{
    internal const string WorkerRole = "import-kill-test-worker";

    private const string Token = "pat-eu1-of-the-import";
    private const string ListPath = "/crm/v3/objects/contacts";
    private const int Contacts = 2_300;

    private HubDatabase _hub = null!;
    private HubSpotSimulator _hubSpot = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        await _hub.AddConfigAsync(_hub.Id, "hubspot");
        await _hub.ReconciledAsync();
        _hubSpot = await HubSpotSimulator.StartAsync(new(), CancellationToken.None);
        HubSpotDemoData.Fill(_hubSpot.AddAccount(4711, Token), seed: 1, contacts: Contacts, companies: 20, deals: 10);
    }

    public async Task DisposeAsync()
    {
        await _hubSpot.DisposeAsync();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task A_first_load_whose_worker_is_killed_is_carried_on_by_another_from_its_last_commit()
    {
        var job = (await new JobStore(_hub.Tenant).StartAsync(_hub.Id, new(Platform.HubSpot, SyncMode.Initial, [], null, "test"), CancellationToken.None)).Job;
        // Steps have five lists of a hundred: the thirteenth, of the third step, is never answered.
        _hubSpot.Faults.FailNext(ListPath, new() { Method = "GET" }, times: 12);
        _hubSpot.Faults.FailNext(ListPath, new() { Method = "GET", Delay = TimeSpan.FromMinutes(10) });

        await RunUntilAsync(async () => await CountAsync("crm_contacts") == 1_000, "two steps were not committed", job.Id.ToString());
        var committed = Lists().Take(10).ToList();
        var step = await _hub.ScalarAsync<long>("select step from crm_sync_jobs where state = 'running'");
        step.ShouldBeGreaterThan(0);
        _hubSpot.Faults.Clear();

        // Nobody rings for the second one: the message that the first one held comes to it; and where that one died before it sent the next message,
        // the relay rings after a minute, here at once.
        await _hub.ExecuteAsync("set session_replication_role = replica; update crm_sync_jobs set updated_at = now() - interval '1 hour'; reset session_replication_role");
        await RunUntilAsync(async () => await _hub.ScalarAsync<string>("select state from crm_sync_jobs") == "done", "the load was not carried on");

        (await CountAsync("crm_contacts"), await CountAsync("crm_companies"), await CountAsync("crm_deals")).ShouldBe((Contacts, 20, 10));
        (await CountAsync("crm_audit_log where action = 'create' and kind = 'contact'")).ShouldBe(Contacts);
        (await CountAsync("crm_record_links where remote_kind = 'contact' and state = 'live'")).ShouldBe(Contacts);
        (await _hub.ScalarAsync<string>("select counts -> 'contact' ->> 'created' from crm_sync_jobs")).ShouldBe($"{Contacts}");
        Lists().Distinct().Count().ShouldBe(Contacts / 100);
        Lists().Count(committed.Contains).ShouldBe(10, "a page that was committed was read again");
    }

    internal static async Task RunWorkerAsync(string[] args)
    {
        var (owner, app, relay, tenant, hubSpot) = (args[0], args[1], args[2], new TenantId(Guid.Parse(args[3])), args[4]);
        var secrets = new FakeSecretStore();
        await secrets.SetAsync("secret-hubspot", CrmCredentials.PrivateApp(Token).Secret, CancellationToken.None);
        var builder = FunctionsApplication.CreateBuilder(
        [
            "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", $"--ServiceBus={owner}", "--Forge:PublicBaseUrl=https://sync.example.com",
            $"--Postgres:AppConnectionString={app}", $"--Postgres:RelayConnectionString={relay}", "--LocalBus:LockDuration=00:00:01",
            $"--HubSpot:BaseAddress={hubSpot}", "--HubSpot:CallsPerTenSeconds=1000",
        ]);
        builder.FunctionTypes.Clear(); // the entry assembly here is that of the tests
        builder.ConfigureFunctionsWebApplication().AddFunctionsFrom(typeof(HubSpotWebhookFunction).Assembly);
        builder.Services.AddSingleton<ISecretStore>(secrets);
        builder.Services.AddForgeCrm(builder.Configuration);
        using var host = builder.Build();
        await host.StartAsync();
        if (args.Length > 5)
            await host.Services.GetRequiredService<Rings>().StepAsync(tenant, Platform.HubSpot, Guid.Parse(args[5]), 0, CancellationToken.None);
        await host.WaitForShutdownAsync();
    }

    private async Task RunUntilAsync(Func<Task<bool>> condition, string otherwise, params string[] more)
    {
        using var worker = ChildProcess.Start(
            WorkerRole, [_hub.ConnectionString, _hub.AppConnectionString, _hub.RelayConnectionString, _hub.Id.ToString(), _hubSpot.BaseAddress.ToString(), .. more]);
        try
        {
            await Wait.UntilAsync(condition, otherwise, seconds: 90);
        }
        finally
        {
            worker.Kill();
            await worker.WaitForExitAsync();
        }
    }

    /// <summary>The lists of contacts that were answered, in order.</summary>
    private IEnumerable<string> Lists() =>
        _hubSpot.Ledger.Entries.Where(entry => entry is { Method: "GET", Path: ListPath, Status: 200 }).Select(entry => entry.Query);

    private Task<long> CountAsync(string table) => _hub.ScalarAsync<long>($"select count(*) from {table}")!;
}
