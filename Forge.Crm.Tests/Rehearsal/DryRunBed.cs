using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Schema;
using Microsoft.Extensions.Logging.Abstractions;

namespace Forge.Crm.Tests.Rehearsal;

/// <summary>A tenant of a hub that others may share, between two platforms in memory, with the jobs and the pushes of the product.</summary>
internal sealed class DryRunBed
{
    // What calls cost and who is at work changes with any call; what dry runs leave is in the last two.
    private static readonly string[] NotCompared = ["crm_rate_budgets", "crm_leases", "crm_sync_jobs", "crm_sync_plans"];

    private readonly HubDatabase _hub;
    private readonly PushDrain _drain;

    private DryRunBed(HubDatabase hub, TenantId tenant, FakeSecretStore secrets)
    {
        (_hub, Tenant) = (hub, tenant);
        var configs = new SyncConfigs(hub.Tenant, TimeProvider.System, NullLogger<SyncConfigs>.Instance);
        var (lookups, store, states) = (new LookupStore(hub.Tenant), new RecordStore(hub.Tenant, TimeProvider.System), new SyncStates(hub.Tenant, configs));
        var applier = new SnapshotApplier(store, lookups);
        Sessions = new(configs, lookups, secrets, [new FakeConnector(HubSpot), new FakeConnector(Pipedrive, Platform.Pipedrive)], TimeProvider.System);
        Jobs = new(hub.Tenant);
        Steps = new(
            Jobs, Sessions, applier, new AccountStep(lookups, new(hub.Tenant), Sessions, new SyncLinks(hub.Tenant)), new PageReader(new SyncLinks(hub.Tenant)), new OnlyHere(hub.Tenant),
            new MatchSteps(new MatchStore(hub.Tenant), store), new DryRuns(Sessions, new PlanStore(hub.Tenant), store), hub.Tenant, states, TimeProvider.System, NullLogger<SyncSteps>.Instance);
        var outbox = new Outbox(hub.Tenant);
        _drain = new(
            outbox, Sessions, store, new(store, applier), new(store, applier, outbox, TimeProvider.System), new(store, TimeProvider.System),
            new(new(hub.Tenant), NullLogger<DeleteGuard>.Instance), new(store, new(hub.Tenant)), states, TimeProvider.System, NullLogger<PushDrain>.Instance);
        Plans = new(hub.Tenant, Sessions);
    }

    public TenantId Tenant { get; }

    public FakeCrm HubSpot { get; } = new(TimeProvider.System);

    public FakeCrm Pipedrive { get; } = new(TimeProvider.System) { KeepsHistory = false };

    public PlatformSessions Sessions { get; }

    public JobStore Jobs { get; }

    public SyncSteps Steps { get; }

    public SyncPlans Plans { get; }

    public static async Task<DryRunBed> CreateAsync(HubDatabase hub)
    {
        var (tenant, secrets) = (await hub.AddTenantAsync(), new FakeSecretStore());
        foreach (var platform in new[] { "hubspot", "pipedrive" })
        {
            await hub.AddConfigAsync(tenant, platform, "two_way");
            await secrets.SetAsync($"secret-{platform}", FakeCrm.Credentials.Secret, CancellationToken.None);
        }

        return new(hub, tenant, secrets);
    }

    public Task<SyncJob> DryRunAsync(SyncMode? mode = null, params string[] contacts) => RunAsync(mode, isDryRun: true, contacts);

    public async Task<SyncJob> RunAsync(SyncMode? mode = null, bool isDryRun = false, params string[] contacts)
    {
        var job = await StartAsync(mode, isDryRun, contacts);
        while (job.IsRunnable)
            job = (await Steps.RunStepAsync(Tenant, job.Id, job.Step, CancellationToken.None)).Job!;
        job.State.ShouldBe(JobState.Done, job.Error);
        return job;
    }

    public async Task<SyncJob> StartAsync(SyncMode? mode, bool isDryRun, params string[] contacts)
    {
        var named = contacts.Length == 0 ? null : new NamedRecords(RemoteKind.Contact, [.. contacts]);
        return (await Jobs.StartAsync(Tenant, new(Platform.HubSpot, mode, [], named, "test") { IsDryRun = isDryRun }, CancellationToken.None)).Job;
    }

    /// <summary>Everything that is due goes out, to both.</summary>
    public async Task PushAsync()
    {
        for (var round = 0; round < 3; round++)
        {
            foreach (var platform in new[] { Platform.HubSpot, Platform.Pipedrive })
            {
                await _hub.ExecuteAsync($"update crm_outbox set next_attempt_at = null where tenant_id = '{Tenant}'; delete from crm_leases where tenant_id = '{Tenant}'");
                await _drain.DrainAsync(new(Tenant, platform, 0), CancellationToken.None);
            }
        }
    }

    public Task<int> ExecuteAsync(string sql) => _hub.ExecuteAsync(sql.Replace("$tenant", $"'{Tenant}'", StringComparison.Ordinal));

    public Task<List<string>> RowsAsync(string sql) => _hub.RowsAsync(sql.Replace("$tenant", $"'{Tenant}'", StringComparison.Ordinal));

    /// <summary>Every row of the tenant's with the transaction that wrote it: equal before and after means that nothing was written, and nothing twice.</summary>
    public Task<List<string>> DumpAsync() => RowsAsync(string.Join(
        " union all ", TenantSeed.Tables.Except(NotCompared).Select(table => $"select '{table} ' || t.xmin || ' ' || t::text from {table} t where tenant_id = $tenant")) + " order by 1");
}
