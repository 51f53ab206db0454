using Forge.Crm.Adapters.Intake;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Forge.Crm.Tests.Sync;

/// <summary>A tenant connected with a <see cref="FakeCrm"/>, on a migrated database of its own, and all that runs its sync jobs.</summary>
internal sealed class SyncBed : IAsyncDisposable
{
    private readonly NpgsqlDataSource _app;
    private readonly NpgsqlDataSource _owner;

    private SyncBed(string connectionString)
    {
        ConnectionString = connectionString;
        _owner = NpgsqlDataSource.Create(connectionString);
        _app = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Username = "crm_app", Password = HubDatabase.Password }.ConnectionString);
        Crm = new(Clock);
        Database = new(_app);
        var configs = new SyncConfigs(Database, Clock, NullLogger<SyncConfigs>.Instance);
        Lookups = new(Database);
        Connections = new(Database);
        Jobs = new(Database);
        Store = new(Database, Clock);
        FakeConnector[] connectors = [new(Crm)];
        Sessions = new(configs, Lookups, Secrets, connectors, Clock);
        Steps = new(
            Jobs, Sessions, new SnapshotApplier(Store, Lookups), new AccountStep(Lookups, Connections, Sessions, new SyncLinks(Database)), new PageReader(new SyncLinks(Database)), new OnlyHere(Database),
            new MatchSteps(new MatchStore(Database), Store), new DryRuns(Sessions, new PlanStore(Database), Store), Database, new SyncStates(Database, configs), Clock, NullLogger<SyncSteps>.Instance);
        var webhooks = new ConnectionWebhooks(Connections, new SyncStates(Database, configs), [], Secrets, Options.Create(new IntakeOptions()), NullLogger<ConnectionWebhooks>.Instance);
        Connecting = new(Connections, Sessions, connectors, Secrets, webhooks, Clock, NullLogger<Connecting>.Instance);
        Sync = new CrmSync(Jobs, Steps, Connecting, Clock);
    }

    public static readonly TenantId Tenant = new(Guid.Parse("11111111-1111-4111-8111-111111111111"));

    /// <summary>A superuser's.</summary>
    public string ConnectionString { get; }

    public FakeTimeProvider Clock { get; } = new(new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public FakeCrm Crm { get; }

    public FakeSecretStore Secrets { get; } = new();

    public TenantDatabase Database { get; }

    public LookupStore Lookups { get; }

    public ConnectionStore Connections { get; }

    public JobStore Jobs { get; }

    public RecordStore Store { get; }

    public PlatformSessions Sessions { get; }

    public SyncSteps Steps { get; }

    public Connecting Connecting { get; }

    public ICrmSync Sync { get; }

    public static SyncRequest Request => new(Tenant, Platform.HubSpot);

    /// <summary>A bed without a tenant.</summary>
    public static async Task<SyncBed> CreateAsync() => new(await HubDatabase.MigratedAsync());

    public static async Task<SyncBed> ConnectedAsync()
    {
        var bed = await CreateAsync();
        await bed.Sync.ConnectAsync(Tenant, Platform.HubSpot, FakeCrm.Credentials, CancellationToken.None);
        return bed;
    }

    /// <summary>Lets time go by, enough for nothing of before to be asked for again.</summary>
    public void Wait() => Clock.Advance(TimeSpan.FromMinutes(20));

    public Task<SyncResult> RunAsync(SyncMode? mode = null) => Sync.SyncAsync(Request with { Mode = mode }, null, CancellationToken.None);

    public Task<SyncJob> StartAsync(SyncMode? mode = null) => StartAsync(new JobOrder(Platform.HubSpot, mode, [], null, "test"));

    public async Task<SyncJob> StartAsync(JobOrder order) => (await Jobs.StartAsync(Tenant, order, CancellationToken.None)).Job;

    public Task<StepOutcome> StepAsync(SyncJob job) => Steps.RunStepAsync(Tenant, job.Id, job.Step, CancellationToken.None);

    public async Task<SyncJob> JobAsync(Guid id) => (await Jobs.FindAsync(Tenant, id, CancellationToken.None))!;

    /// <summary>Runs a job's steps to its end, like messages do that follow one another.</summary>
    public async Task<SyncJob> FinishAsync(SyncJob job)
    {
        while (job.IsRunnable)
            job = (await StepAsync(job)).Job!;
        return job;
    }

    /// <summary>The first column of the only row, past row-level security.</summary>
    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _owner.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = _owner.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The rows of the tables that a sync fills, each with the transaction that wrote it last: equal before and after means nothing was written.</summary>
    public Task<string> FingerprintAsync() => ScalarAsync<string>("""
        select string_agg(line, E'\n' order by line) from (
               select 'contact ' || id || xmin from crm_contacts union all select 'company ' || id || xmin from crm_companies
               union all select 'deal ' || id || xmin from crm_deals union all select 'link ' || remote_kind || external_id || xmin from crm_record_links
               union all select 'identity ' || key || xmin from crm_identities union all select 'association ' || from_id || to_id || xmin from crm_associations
               union all select 'audit ' || id || xmin from crm_audit_log where action <> 'configure'
               union all select 'owner ' || external_id || xmin from crm_owners union all select 'stage ' || external_id || xmin from crm_stages) as rows(line)
        """);

    public Task<long> CountAsync(string table) => ScalarAsync<long>($"select count(*) from {table}");

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _owner.DisposeAsync();
    }
}
