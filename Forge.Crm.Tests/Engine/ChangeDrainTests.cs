using System.Globalization;
using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalAzure;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Forge.Crm.Tests.Engine;

public sealed class ChangeDrainTests : IAsyncLifetime
{
    // The platform's clock: it stands still but for what a test says. Ours is the database's, the real one.
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly FakeSecretStore _secrets = new();
    private FakeCrm _crm = null!;
    private HubDatabase _hub = null!;
    private Journal _journal = null!;
    private ChangeDrain _drain = null!;
    private int _keys;

    private Lane Lane => new(_hub.Id, Platform.HubSpot, 0);

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        await _hub.AddConfigAsync(_hub.Id, "hubspot");
        await _secrets.SetAsync("secret-hubspot", FakeCrm.Credentials.Secret, CancellationToken.None);
        await LocalBus.DeclareQueueAsync(_hub.ConnectionString, Queues.Changes, requiresSession: true);
        _crm = new(_clock);
        _journal = new(_hub.Tenant);
        var configs = new SyncConfigs(_hub.Tenant, TimeProvider.System, NullLogger<SyncConfigs>.Instance);
        var lookups = new LookupStore(_hub.Tenant);
        _drain = new(
            _journal, new PlatformSessions(configs, lookups, _secrets, [new FakeConnector(_crm)], TimeProvider.System),
            new SnapshotApplier(new RecordStore(_hub.Tenant, TimeProvider.System), lookups), new SyncStates(_hub.Tenant, configs),
            new Rings(new ServiceBusClient(_hub.ConnectionString), NullLogger<Rings>.Instance), TimeProvider.System, NullLogger<ChangeDrain>.Instance);
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task A_burst_of_events_of_many_records_is_one_batch_and_one_call()
    {
        var ids = _crm.AddContacts(80);
        foreach (var id in ids)
            await JournalAsync(Event(ChangeType.Created, id), Event(ChangeType.Changed, id, "firstname"));

        var result = await _drain.DrainAsync(Lane, CancellationToken.None);

        (result.Events, result.Batches).ShouldBe((160, 1));
        _crm.CallsOf("read contact").ShouldBe(1);
        (await StatusesAsync()).ShouldBe(["applied|160"]);
        (await _hub.ScalarAsync<long>("select count(*) from crm_contacts")).ShouldBe(80);
    }

    [Fact]
    public async Task The_journal_knows_a_duplicate_by_its_key()
    {
        var id = _crm.AddContacts(1)[0];
        var entry = Entry(Event(ChangeType.Created, id), "the same key");

        (await _journal.AppendAsync(_hub.Id, Platform.HubSpot, [entry], CancellationToken.None)).Count.ShouldBe(1);
        (await _journal.AppendAsync(_hub.Id, Platform.HubSpot, [entry], CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Deliveries_that_share_events_in_another_order_are_both_journaled()
    {
        for (var round = 0; round < 20; round++)
        {
            JournalEntry[] entries = [.. Enumerable.Range(0, 100).Select(i => Entry(Event(ChangeType.Created, $"{i}"), $"{round}:{i}"))];
            var added = await Task.WhenAll(new[] { entries, Enumerable.Reverse(entries) }.Select(
                delivery => _journal.AppendAsync(_hub.Id, Platform.HubSpot, [.. delivery], CancellationToken.None)));
            added.Sum(one => one.Count).ShouldBe(100);
        }
    }

    [Fact]
    public async Task A_poison_record_ends_failed_with_its_reason_and_its_neighbours_and_its_later_events_apply()
    {
        var ids = _crm.AddContacts(3);
        var bad = _crm.Add(RemoteKind.Deal, ("dealname", "Big"), ("amount", "a lot"));
        await JournalAsync([.. ids.Select(id => Event(ChangeType.Created, id)), Event(ChangeType.Created, bad, kind: RemoteKind.Deal)]);
        await _drain.DrainAsync(Lane, CancellationToken.None);

        (await StatusesAsync()).ShouldBe(["applied|3", "failed|1"]);
        (await _hub.ScalarAsync<string>("select reason from crm_webhook_events where status = 'failed'")).ShouldBe("Property 'amount': The value is not a number below 10^15.");

        _crm.Edit(RemoteKind.Deal, bad, ("amount", "12"));
        await JournalAsync(Event(ChangeType.Changed, bad, "amount", RemoteKind.Deal));
        await _drain.DrainAsync(Lane, CancellationToken.None);
        (await _hub.RowsAsync("select name, amount from crm_deals")).ShouldBe(["Big|12.0000"]);
    }

    [Fact]
    public async Task A_value_that_only_the_database_refuses_sinks_no_neighbour()
    {
        var ids = _crm.AddContacts(9);
        await _hub.ExecuteAsync($"alter table crm_contacts add constraint no_five check (email <> 'c5@example.com')");
        await JournalAsync([.. ids.Select(id => Event(ChangeType.Created, id))]);

        await _drain.DrainAsync(Lane, CancellationToken.None);

        (await StatusesAsync()).ShouldBe(["applied|8", "failed|1"]);
        (await _hub.ScalarAsync<long>("select count(*) from crm_contacts")).ShouldBe(8);
    }

    [Fact]
    public async Task A_call_that_fails_puts_the_events_off_and_loses_none()
    {
        var ids = _crm.AddContacts(5);
        await JournalAsync([.. ids.Select(id => Event(ChangeType.Created, id))]);
        _crm.Before = call => throw new CrmCallException(Platform.HubSpot, System.Net.HttpStatusCode.ServiceUnavailable, "down");

        await _drain.DrainAsync(Lane, CancellationToken.None);

        (await _hub.RowsAsync("select distinct status, next_attempt_at > now(), reason from crm_webhook_events")).ShouldBe(["pending|True|HubSpot answered 503: down"]);
        _crm.Before = _ => { };
        await _hub.ExecuteAsync("update crm_webhook_events set next_attempt_at = now()");
        for (var i = 0; i < 6; i++) // what was claimed before runs alone
            await _drain.DrainAsync(Lane, CancellationToken.None);
        (await StatusesAsync()).ShouldBe(["applied|5"]);
    }

    [Fact]
    public async Task A_refused_token_pauses_the_connection_and_the_events_wait()
    {
        var id = _crm.AddContacts(1)[0];
        await JournalAsync(Event(ChangeType.Created, id));
        _crm.Before = _ => throw new CrmCallException(Platform.HubSpot, System.Net.HttpStatusCode.Unauthorized, "EXPIRED_AUTHENTICATION");

        await _drain.DrainAsync(Lane, CancellationToken.None);

        (await _hub.ScalarAsync<string>("select state from crm_sync_configs")).ShouldBe("reauth_required");
        (await StatusesAsync()).ShouldBe(["pending|1"]);
        (await _drain.DrainAsync(Lane, CancellationToken.None)).Events.ShouldBe(0);
    }

    [Fact]
    public async Task A_read_that_is_behind_the_event_is_asked_again_later_not_called_unchanged()
    {
        var id = _crm.AddContacts(1)[0];
        await JournalAsync(Event(ChangeType.Created, id));
        await _drain.DrainAsync(Lane, CancellationToken.None);
        _clock.Advance(TimeSpan.FromMilliseconds(1)); // an event of the future would be clamped to its receipt
        await JournalAsync(Event(ChangeType.Changed, id, "jobtitle", value: "CTO"));

        await _drain.DrainAsync(Lane, CancellationToken.None);
        (await _hub.RowsAsync("select status, reason from crm_webhook_events where change = 'changed'")).ShouldBe(["pending|the platform's read is behind the event"]);

        _crm.Edit(RemoteKind.Contact, id, ("jobtitle", "CTO"));
        await _hub.ExecuteAsync("update crm_webhook_events set next_attempt_at = now() where status = 'pending'");
        await _drain.DrainAsync(Lane, CancellationToken.None);
        (await _hub.ScalarAsync<string>("select job_title from crm_contacts")).ShouldBe("CTO");
    }

    [Fact]
    public async Task An_event_that_its_worker_dies_over_runs_alone_and_is_given_up_in_the_end()
    {
        var ids = _crm.AddContacts(4);
        await JournalAsync([.. ids.Select(id => Event(ChangeType.Created, id))]);
        await _hub.ExecuteAsync($"update crm_webhook_events set attempts = {EventBatch.MaxAttempts} where external_id = '{ids[2]}'");

        await _drain.DrainAsync(Lane, CancellationToken.None);

        (await StatusesAsync()).ShouldBe(["applied|3", "failed|1"]);
    }

    [Fact]
    public async Task An_association_with_a_company_that_the_hub_has_not_seen_brings_the_company_along()
    {
        var company = _crm.Add(RemoteKind.Company, ("name", "Acme"), ("domain", "acme.example"));
        var contact = _crm.AddContacts(1)[0];
        _crm.Associate(RemoteKind.Contact, contact, RemoteKind.Company, company);
        await JournalAsync(Event(ChangeType.Created, contact), Event(ChangeType.Associated, contact) with { AssociatedKind = RemoteKind.Company });

        await _drain.DrainAsync(Lane, CancellationToken.None);

        (await _hub.RowsAsync("select c.name from crm_associations a join crm_companies c on c.id = a.to_id")).ShouldBe(["Acme"]);
    }

    [Fact]
    public async Task A_new_owner_is_asked_for_once_and_the_record_keeps_it()
    {
        var id = _crm.Add(RemoteKind.Contact, ("email", "x@example.com"), ("hubspot_owner_id", "7"));
        await JournalAsync(Event(ChangeType.Created, id));

        await _drain.DrainAsync(Lane, CancellationToken.None);

        (await _hub.RowsAsync("select o.email from crm_contacts c join crm_owners o on o.owner_id = c.owner_id")).ShouldBe(["olga@example.com"]);
    }

    [Fact]
    public async Task Erasing_a_contact_the_hub_never_saw_empties_its_journal_rows_and_those_that_come_later()
    {
        await JournalAsync(Event(ChangeType.Changed, "77", "email", value: "private@example.com"), Event(ChangeType.Erased, "77"));
        await _drain.DrainAsync(Lane, CancellationToken.None);
        await JournalAsync(Event(ChangeType.Changed, "77", "phone", value: "+15550100"));
        for (var look = 0; look < 4; look++) // not shown: looked for some seconds long
        {
            await _hub.ExecuteAsync("update crm_webhook_events set next_attempt_at = null");
            await _drain.DrainAsync(Lane, CancellationToken.None);
        }

        (await _hub.RowsAsync("select distinct raw = '' from crm_webhook_events")).ShouldBe(["True"]);
        (await _hub.RowsAsync("select state from crm_record_links")).ShouldBe(["erased"]);
        (await _hub.ScalarAsync<long>("select count(*) from crm_webhook_events where status = 'pending'")).ShouldBe(0);
    }

    [Fact]
    public async Task Two_workers_in_one_lane_do_no_harm()
    {
        var ids = _crm.AddContacts(60);
        await JournalAsync([.. ids.Select(id => Event(ChangeType.Created, id))]);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _drain.DrainAsync(Lane, CancellationToken.None)));

        (await _hub.ScalarAsync<long>("select count(*) from crm_contacts")).ShouldBe(60);
        (await _hub.ScalarAsync<long>("select count(*) from crm_audit_log where action = 'create'")).ShouldBe(60);
    }

    private ChangeEvent Event(ChangeType type, string id, string? property = null, RemoteKind kind = RemoteKind.Contact, string? value = null) =>
        new(type, new(kind, id), _clock.GetUtcNow(), property, value);

    private JournalEntry Entry(ChangeEvent told, string key) => new(key, FakeConnector.Raw(told), told, 0, EventStatus.Pending, null);

    private Task JournalAsync(params ChangeEvent[] events) => _journal.AppendAsync(
        _hub.Id, Platform.HubSpot, [.. events.Select(told => Entry(told, (++_keys).ToString(CultureInfo.InvariantCulture)))], CancellationToken.None);

    private Task<List<string>> StatusesAsync() => _hub.RowsAsync("select status, count(*) from crm_webhook_events group by status order by status");
}
