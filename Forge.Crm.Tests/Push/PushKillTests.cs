using Forge.Crm.Adapters;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Functions.Webhooks;
using Forge.Crm.LocalAzure;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.LocalAzure;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Timers;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Forge.Crm.Tests.Push;

/// <summary>The functions in a process of its own, killed with SIGKILL between what is stored of a write and its answer.</summary>
[Trait("Category", "Proof")]
public sealed class PushKillTests : IAsyncLifetime
{
    internal const string WorkerRole = "push-kill-test-worker";

    private HubDatabase _hub = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        await _hub.AddConfigAsync(_hub.Id, "hubspot", "two_way");
        await _hub.ReconciledAsync();
        await _hub.ExecuteAsync(LedgerCrm.Schema);
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task A_creation_is_made_once_and_an_edit_is_written_once_wherever_the_worker_is_killed()
    {
        await _hub.ExecuteAsync($"insert into crm_contacts (tenant_id, id, first_name) values ('{_hub.Id}', gen_random_uuid(), 'No match key')");
        await KilledAtAsync("before create");
        (await _hub.RowsAsync("select state from crm_record_links")).ShouldBe(["creating"]);
        (await CountAsync()).ShouldBe((0, 0, 0));

        await KilledAtAsync("after create");
        (await CountAsync()).ShouldBe((1, 1, 0)); // it is there, and nobody heard so

        await RunAsync();
        (await CountAsync()).ShouldBe((1, 1, 0));
        (await _hub.RowsAsync("select external_id from crm_record_links where state = 'live'")).ShouldBe(["1"]);

        await _hub.ExecuteAsync("update crm_contacts set job_title = 'CTO'");
        await KilledAtAsync("before write");
        (await _hub.ScalarAsync<bool>("select sent is not null from crm_record_links where state = 'live'")).ShouldBeTrue();
        await KilledAtAsync("after write");
        await RunAsync();

        (await CountAsync()).ShouldBe((1, 1, 1));
        (await _hub.RowsAsync("select properties ->> 'firstname', properties ->> 'jobtitle' from remote.contacts")).ShouldBe(["No match key|CTO"]);
        (await _hub.RowsAsync("select first_name, job_title from crm_contacts")).ShouldBe(["No match key|CTO"]);
        (await _hub.RowsAsync("select count(*) from crm_record_links where sent is not null")).ShouldBe(["0"]);
    }

    internal static async Task RunWorkerAsync(string[] args)
    {
        var (owner, app, relay, tenant) = (args[0], args[1], args[2], new TenantId(Guid.Parse(args[3])));
        var secrets = new FakeSecretStore();
        await secrets.SetAsync("secret-hubspot", FakeCrm.Credentials.Secret, CancellationToken.None);
        var builder = FunctionsApplication.CreateBuilder(
        [
            "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", $"--ServiceBus={owner}", "--Forge:PublicBaseUrl=https://sync.example.com",
            $"--Postgres:AppConnectionString={app}", $"--Postgres:RelayConnectionString={relay}", "--LocalBus:LockDuration=00:00:01",
        ]);
        builder.FunctionTypes.Clear(); // the entry assembly here is that of the tests
        builder.ConfigureFunctionsWebApplication().AddFunctionsFrom(typeof(HubSpotWebhookFunction).Assembly);
        builder.Services.AddSingleton<ISecretStore>(secrets);
        builder.Services.AddForgeCrm(builder.Configuration);
        builder.Services.RemoveAll<ICrmConnector>();
        builder.Services.AddSingleton<ICrmConnector>(new LedgerCrm(NpgsqlDataSource.Create(owner)));
        using var host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<Rings>().PushAsync(new(tenant, Platform.HubSpot, 0), CancellationToken.None);
        await host.WaitForShutdownAsync();
    }

    private async Task KilledAtAsync(string point)
    {
        await _hub.ExecuteAsync($"delete from remote.hangs; insert into remote.hangs values ('{point}')");
        await RunUntilAsync(() => _hub.ScalarAsync<bool>($"select exists (select from remote.hangs where at = '{point}!')"), $"nobody came to {point}");
        // Its hold on lane and row is over in minutes; here at once.
        await _hub.ExecuteAsync("delete from remote.hangs; update crm_leases set expires_at = now(); update crm_outbox set next_attempt_at = null");
    }

    private async Task RunAsync()
    {
        await RunUntilAsync(async () => (await _hub.RowsAsync("select 1 from crm_outbox")).Count == 0, "the outbox was not emptied");
        await _hub.ExecuteAsync("update crm_leases set expires_at = now()");
    }

    private async Task RunUntilAsync(Func<Task<bool>> condition, string otherwise)
    {
        using var worker = ChildProcess.Start(WorkerRole, _hub.ConnectionString, _hub.AppConnectionString, _hub.RelayConnectionString, _hub.Id.ToString());
        try
        {
            await Wait.UntilAsync(condition, otherwise);
        }
        finally
        {
            worker.Kill();
            await worker.WaitForExitAsync();
        }
    }

    private async Task<(long Contacts, long Creations, long Writes)> CountAsync() => (
        await _hub.ScalarAsync<long>("select count(*) from remote.contacts"), await _hub.ScalarAsync<long>("select count(*) from remote.calls where call = 'create'"),
        await _hub.ScalarAsync<long>("select count(*) from remote.calls where call = 'write'"));
}
