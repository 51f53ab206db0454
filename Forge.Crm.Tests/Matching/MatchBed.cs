using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalAzure;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.Sync;
using Microsoft.Extensions.Logging.Abstractions;

namespace Forge.Crm.Tests.Matching;

/// <summary>A hub that people filled by SQL, and a filled platform that is connected to it.</summary>
internal sealed class MatchBed : IAsyncDisposable
{
    private readonly ServiceBusClient _bus;
    private readonly Outbox _outbox;
    private readonly PushDrain _pushes;
    private int _ids;

    private MatchBed(SyncBed sync, string connectionString)
    {
        Sync = sync;
        _bus = new(connectionString);
        var applier = new SnapshotApplier(sync.Store, sync.Lookups);
        Plans = new(sync.Database, sync.Sessions, sync.Jobs, new(_bus, NullLogger<Rings>.Instance));
        Views = new(sync.Database, sync.Sessions);
        Stages = new(sync.Database, sync.Sessions);
        Resolutions = new(sync.Database, sync.Sessions, applier);
        var configs = new SyncConfigs(sync.Database, sync.Clock, NullLogger<SyncConfigs>.Instance);
        _outbox = new(sync.Database);
        _pushes = new(
            _outbox, sync.Sessions, sync.Store, new(sync.Store, applier), new(sync.Store, applier, _outbox, sync.Clock), new(sync.Store, sync.Clock),
            new(new(sync.Database), NullLogger<DeleteGuard>.Instance), new(sync.Store, new(sync.Database)), new SyncStates(sync.Database, configs), sync.Clock, NullLogger<PushDrain>.Instance);
    }

    public SyncBed Sync { get; }

    public FakeCrm Crm => Sync.Crm;

    public MatchPlans Plans { get; }

    public MatchViews Views { get; }

    public MatchStages Stages { get; }

    public MatchResolutions Resolutions { get; }

    /// <summary>A tenant with these records in its hub, not connected yet.</summary>
    public static async Task<MatchBed> CreateAsync(string? hub = null)
    {
        var sync = await SyncBed.CreateAsync();
        await LocalBus.DeclareQueueAsync(sync.ConnectionString, Queues.Changes, requiresSession: true);
        await LocalBus.DeclareQueueAsync(sync.ConnectionString, Queues.SyncSteps, requiresSession: true);
        var bed = new MatchBed(sync, sync.ConnectionString);
        await sync.ExecuteAsync($"insert into crm_tenants (tenant_id, name) values ('{SyncBed.Tenant}', 'Test')");
        foreach (var contact in (hub ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            await bed.AddHereAsync(contact.Split(':')[0], contact.Split(':')[1]);
        return bed;
    }

    public async Task ConnectAsync(string direction = "two_way")
    {
        await Sync.Sync.ConnectAsync(SyncBed.Tenant, Platform.HubSpot, FakeCrm.Credentials, CancellationToken.None);
        await Sync.ExecuteAsync($"update crm_sync_configs set direction = '{direction}'");
        Sync.Sessions.Forget(SyncBed.Tenant);
    }

    /// <summary>A contact of the hub, as SQL makes one.</summary>
    public Task<Guid> AddHereAsync(string firstName, string email) => InsertAsync("crm_contacts", "first_name, email", $"'{firstName}', nullif('{email}', '')");

    public async Task<Guid> InsertAsync(string table, string columns, string values)
    {
        var id = new Guid(++_ids, 0, 0, new byte[8]);
        await Sync.ExecuteAsync($"insert into {table} (tenant_id, id, {columns}) values ('{SyncBed.Tenant}', '{id}', {values})");
        return id;
    }

    public string AddThere(string firstName, string email) => Crm.Add(RemoteKind.Contact, ("firstname", firstName), ("email", email));

    /// <summary>Makes the plan, as messages would that follow one another.</summary>
    public async Task<Guid> MakeAsync()
    {
        var answer = await Plans.StartAsync(SyncBed.Tenant, Platform.HubSpot, "ann", CancellationToken.None);
        answer.State.ShouldBe(MatchAnswerState.Done, answer.Reason);
        var job = await FinishAsync(answer.Job!.Value);
        job.State.ShouldBe(JobState.Done, job.Error);
        return job.Id;
    }

    public async Task<MatchPlanView> ViewAsync() => (await Views.FindAsync(SyncBed.Tenant, Platform.HubSpot, CancellationToken.None))!;

    public Task<MatchAnswer> TryApproveAsync(Guid plan, MatchChoice contact, MatchChoice? others = null) => Plans.ApproveAsync(
        SyncBed.Tenant, Platform.HubSpot, plan,
        new Dictionary<RecordKind, MatchChoice> { [RecordKind.Contact] = contact, [RecordKind.Company] = others ?? contact, [RecordKind.Deal] = others ?? contact },
        "boss", CancellationToken.None);

    /// <summary>Approves the plan and runs the first load that this starts.</summary>
    public async Task<SyncJob> ApproveAsync(Guid plan, MatchChoice contact, MatchChoice? others = null)
    {
        var answer = await TryApproveAsync(plan, contact, others);
        answer.State.ShouldBe(MatchAnswerState.Done, answer.Reason);
        var job = await FinishAsync(answer.Job!.Value);
        job.State.ShouldBe(JobState.Done, job.Error);
        return job;
    }

    public async Task<MatchAnswer> ResolveAsync(Guid item, MatchDecision decision, Guid? with = null) => (await ResolveAsync([new(item, decision, with)]))[0];

    public Task<IReadOnlyList<MatchAnswer>> ResolveAsync(params DecidedItem[] decided) =>
        Resolutions.ResolveAsync(SyncBed.Tenant, Platform.HubSpot, decided, "ann", CancellationToken.None);

    public async Task<SyncJob> FinishAsync(Guid job) => await Sync.FinishAsync(await Sync.JobAsync(job));

    /// <summary>Everything that is due is pushed.</summary>
    public async Task<PushResult> PushAsync()
    {
        await Sync.ExecuteAsync("update crm_outbox set next_attempt_at = null; delete from crm_leases");
        return await _pushes.DrainAsync(new(SyncBed.Tenant, Platform.HubSpot, 0), CancellationToken.None);
    }

    public static Guid ThereId(string id, RemoteKind kind = RemoteKind.Contact) => MatchItem.IdOf(new(kind, id));

    /// <summary>Of every record of the plan what it was recognised by, its class, and what matched; by name.</summary>
    public Task<List<string>> ItemsAsync() => RowsAsync("""
        select coalesce(label, '-') || ' ' || side || ' ' || class || coalesce(' ' || matched_by, '') from crm_match_items order by label, side, id
        """);

    /// <summary>The links to the platform: its id, the state, and the first name of the hub's record.</summary>
    public Task<List<string>> LinksAsync() => RowsAsync("""
        select case when l.external_id like 'new:%' then 'new' else l.external_id end || ' ' || l.state || coalesce(' ' || c.first_name, '')
          from crm_record_links l left join crm_contacts c on c.id = l.record_id order by l.external_id, c.first_name
        """);

    public async Task<List<string>> RowsAsync(string sql) =>
        [.. (await Sync.ScalarAsync<string[]>($"select coalesce(array_agg(line), array[]::text[]) from ({sql}) as rows(line)"))];

    public async ValueTask DisposeAsync()
    {
        await _bus.DisposeAsync();
        await Sync.DisposeAsync();
    }
}
