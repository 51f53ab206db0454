using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;

namespace Forge.Crm.Tests.Push;

/// <summary>A hub of a test's own and a platform that takes writes, with the product's own way between them in both directions.</summary>
internal sealed class PushBed : IAsyncDisposable
{
    private readonly FakeSecretStore _secrets = new();
    private readonly LookupStore _lookups;
    private readonly SyncConfigs _configs;
    private readonly PlatformSessions _sessions;
    private readonly RecordStore _store;
    private readonly SnapshotApplier _applier;

    private PushBed(HubDatabase hub)
    {
        (Hub, Crm, Outbox) = (hub, new(TimeProvider.System), new(hub.Tenant));
        (_lookups, _store) = (new(hub.Tenant), new(hub.Tenant, TimeProvider.System));
        _configs = new(hub.Tenant, TimeProvider.System, NullLogger<SyncConfigs>.Instance);
        _sessions = new(_configs, _lookups, _secrets, [new FakeConnector(Crm)], TimeProvider.System);
        _applier = new(_store, _lookups);
        Drain = new(
            Outbox, _sessions, _store, new(_store, _applier), new(_store, _applier, Outbox, TimeProvider.System), new(_store, TimeProvider.System),
            new(new(hub.Tenant), NullLogger<DeleteGuard>.Instance), new(_store, new(hub.Tenant)),
            new SyncStates(hub.Tenant, _configs), TimeProvider.System, NullLogger<PushDrain>.Instance);
    }

    public HubDatabase Hub { get; }

    public FakeCrm Crm { get; }

    public Outbox Outbox { get; }

    public PushDrain Drain { get; }

    public Lane Lane => new(Hub.Id, Platform.HubSpot, 0);

    public static async Task<PushBed> CreateAsync(string direction = "two_way")
    {
        var bed = new PushBed(await HubDatabase.CreateAsync());
        await bed.Hub.AddConfigAsync(bed.Hub.Id, "hubspot", direction);
        await bed._secrets.SetAsync("secret-hubspot", FakeCrm.Credentials.Secret, CancellationToken.None);
        return bed;
    }

    /// <summary>Everything that is due is pushed, whatever wait it was given.</summary>
    public async Task<PushResult> PushAsync()
    {
        await Hub.ExecuteAsync("update crm_outbox set next_attempt_at = null; delete from crm_leases");
        return await Drain.DrainAsync(Lane, CancellationToken.None);
    }

    /// <summary>Takes a contact of the platform into the hub, as its webhook would.</summary>
    public async Task<Guid> TakeInAsync(string id)
    {
        await HearAsync();
        return await Hub.ScalarAsync<Guid>($"select record_id from crm_record_links where external_id = '{id}'");
    }

    /// <summary>What the platform shows of every contact is applied, as after their webhooks: the echo of our own writes too.</summary>
    public async Task HearAsync()
    {
        var session = await _sessions.OpenAsync(Hub.Id, Platform.HubSpot, CallLane.Webhook, CancellationToken.None);
        await _applier.ApplyAsync(
            session!, [.. Crm.All(RemoteKind.Contact).Select(contact => Observation.Of(contact, new(CauseKind.Event, "1")))], BatchTail.None, CancellationToken.None);
    }

    /// <summary>The webhook of a deletion.</summary>
    public Task HearDeletedAsync(string id) => HearAsync(id, ChangeType.Deleted);

    /// <summary>The webhook of a deletion for privacy.</summary>
    public Task HearErasedAsync(string id) => HearAsync(id, ChangeType.Erased);

    public async Task<Guid> InsertAsync(string columns, string values)
    {
        var id = Guid.CreateVersion7();
        await Hub.ExecuteAsync($"insert into crm_contacts (tenant_id, id, {columns}) values ('{Hub.Id}', '{id}', {values})");
        return id;
    }

    public Task EditAsync(Guid id, string set) => Hub.ExecuteAsync($"update crm_contacts set {set} where id = '{id}'");

    public string? There(string id, string property) => Crm.All(RemoteKind.Contact).Single(contact => contact.Ref.Id == id).Properties.GetValueOrDefault(property);

    public Task<List<string>> QueueAsync() => Hub.RowsAsync("select status, reason from crm_outbox order by queued_at");

    public async ValueTask DisposeAsync() => await Hub.DisposeAsync();

    private async Task HearAsync(string id, ChangeType end)
    {
        var session = await _sessions.OpenAsync(Hub.Id, Platform.HubSpot, CallLane.Webhook, CancellationToken.None);
        var deleted = new Domain.Planning.Lifecycle(end, Stamp.Micros(TimeProvider.System.GetUtcNow()));
        await _applier.ApplyAsync(session!, [new(new(RemoteKind.Contact, id), null, [], deleted, [], [], new(CauseKind.Event, "2"))], BatchTail.None, CancellationToken.None);
    }
}
