using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;

namespace Forge.Crm.Tests.SupabaseProject;

/// <summary>The hub's edits on their way into a project, by the product's own push.</summary>
public sealed class ProjectPushTests : IAsyncLifetime
{
    private ProjectBed _bed = null!;
    private HubDatabase _hub = null!;
    private PlatformSessions _sessions = null!;
    private SnapshotApplier _applier = null!;
    private Outbox _outbox = null!;
    private PushDrain _drain = null!;

    public async Task InitializeAsync()
    {
        (_bed, _hub) = (await ProjectBed.StartAsync(), await HubDatabase.CreateAsync());
        await _hub.AddConfigAsync(_hub.Id, "supabase_project", "two_way");
        await _hub.ExecuteAsync($"update crm_sync_configs set mapping = '{ProjectBed.Mapping}'");
        var secrets = new FakeSecretStore();
        await secrets.SetAsync("secret-supabase_project", ProjectBed.Secret, CancellationToken.None);
        var (lookups, store, time) = (new LookupStore(_hub.Tenant), new RecordStore(_hub.Tenant, TimeProvider.System), TimeProvider.System);
        var configs = new SyncConfigs(_hub.Tenant, time, NullLogger<SyncConfigs>.Instance);
        _sessions = new(configs, lookups, secrets, [_bed.Connector], time);
        (_applier, _outbox) = (new(store, lookups), new(_hub.Tenant));
        _drain = new(
            _outbox, _sessions, store, new(store, _applier), new(store, _applier, _outbox, time), new(store, time),
            new(new(_hub.Tenant), NullLogger<DeleteGuard>.Instance), new(store, new(_hub.Tenant)), new SyncStates(_hub.Tenant, configs), time,
            NullLogger<PushDrain>.Instance);
    }

    public async Task DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task A_contact_of_the_hub_is_created_there_once_and_its_edits_follow()
    {
        var id = await InsertAsync("email, first_name, phone", "'ann@x.example', 'Ann', '+14155550100'");
        await PushAsync();
        (await _bed.ScalarAsync<string>("select concat_ws(' ', mail, vorname, forge_sync_id) from people")).ShouldBe($"ann@x.example Ann {id}");

        await _hub.ExecuteAsync("update crm_contacts set first_name = 'Anna', phone = '+14155550199'");
        await PushAsync();
        (await _bed.ScalarAsync<string>("select vorname from people")).ShouldBe("Anna");

        var calls = _bed.Simulator.Ledger.Entries.Count;
        await HearAsync();
        await PushAsync();
        _bed.Simulator.Ledger.Entries.Skip(calls).ShouldAllBe(call => call.Method == "GET", "the echo is no edit");
        (await _hub.RowsAsync("select first_name, phone from crm_contacts")).ShouldBe(["Anna|+14155550199"]);
    }

    [Fact]
    public async Task An_edit_between_our_look_and_our_write_is_not_run_over()
    {
        await InsertAsync("email, first_name, job_title", "'ann@x.example', 'Ann', 'CEO'");
        await PushAsync();
        await _hub.ExecuteAsync("update crm_contacts set first_name = 'Hub'");
        // Between the read and the write: the first statement that finds the row loses it to a person.
        await _bed.ExecuteAsync("""
            create table once (done boolean); insert into once values (false);
            create function person() returns trigger language plpgsql as $$ begin
                if exists (select from once where not done) then
                    update once set done = true;
                    return null;
                end if;
                return new;
            end $$;
            create trigger person before update on people for each row execute function person()
            """);
        await PushAsync();
        (await _hub.RowsAsync("select status, reason from crm_outbox")).ShouldBe(["pending|the record was changed there in the meantime"]);
        await _bed.ExecuteAsync("update people set job = 'Person', vorname = 'Person'");

        await PushAsync();

        (await _bed.ScalarAsync<string>("select vorname || ' ' || job from people")).ShouldBe("Person Person");
        (await _hub.RowsAsync("select first_name, job_title from crm_contacts")).ShouldBe(["Person|Person"]);
        (await _hub.RowsAsync("select status from crm_outbox where status <> 'done'")).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_the_project_refuses_is_listed_with_its_column_and_stops_nothing_else()
    {
        await InsertAsync("email, lead_value", "'bad@x.example', -5");
        await InsertAsync("email, lead_value", "'good@x.example', 5");
        await PushAsync();
        await PushAsync();
        (await _hub.RowsAsync("select o.status, o.reason from crm_outbox o join crm_contacts c on c.id = o.record_id where c.email = 'bad@x.example'"))
            .ShouldBe(["failed|'people_worth_check': this check of the table refuses a value of mail, worth (23514)"]);
        (await _bed.ScalarAsync<string>("select string_agg(mail, ',') from people")).ShouldBe("good@x.example");
    }

    [Fact]
    public async Task One_that_a_person_made_there_first_is_joined_by_its_address_and_not_made_again()
    {
        await _bed.PersonAsync("Ann@x.example", "'There', 'Last'");
        await InsertAsync("email, job_title", "'ann@x.example', 'CEO'");
        await PushAsync();
        await PushAsync();
        (await _bed.ScalarAsync<string>("select concat_ws(' ', count(*), max(vorname), max(job)) from people")).ShouldBe("1 There CEO");
        (await _hub.RowsAsync("select first_name, last_name, job_title from crm_contacts")).ShouldBe(["There|Last|CEO"]);
    }

    [Fact]
    public async Task A_deletion_in_the_hub_marks_the_row_there()
    {
        await InsertAsync("email", "'ann@x.example'");
        await PushAsync();
        await _hub.ExecuteAsync("delete from crm_contacts");
        await PushAsync();
        (await _bed.ScalarAsync<bool>("select removed_at is not null from people")).ShouldBeTrue();
    }

    [Fact]
    public async Task An_association_is_created_with_its_record_follows_alone_afterwards_and_is_taken_back()
    {
        var (acme, other, ann) = (await CompanyAsync("Acme"), await CompanyAsync("Other"), await InsertAsync("email", "'ann@x.example'"));
        await PushAsync();
        await AssociateAsync(ann, acme);
        await PushAsync();
        (await FirmsAsync()).ShouldBe("Acme");
        var bob = await InsertAsync("email", "'bob@x.example'");
        await AssociateAsync(bob, acme);
        var calls = _bed.Simulator.Ledger.Entries.Count;
        await PushAsync();
        (await FirmsAsync()).ShouldBe("Acme,Acme");
        _bed.Simulator.Ledger.Entries.Skip(calls).ShouldNotContain(call => call.Method == "PATCH", "the row was born with it");

        await _hub.ExecuteAsync($"update crm_associations set deleted_at = now() where from_id = '{bob}'");
        await AssociateAsync(ann, other, isPrimary: true);
        await PushAsync();
        (await _bed.ScalarAsync<string>("select string_agg(p.mail || ' ' || coalesce(f.name, 'none'), ',' order by mail) from people p left join firms f on f.id = p.firm_id"))
            .ShouldBe("ann@x.example Other,bob@x.example none");

        calls = _bed.Simulator.Ledger.Entries.Count;
        await HearAsync();
        await PushAsync();
        _bed.Simulator.Ledger.Entries.Skip(calls).ShouldAllBe(call => call.Method == "GET", "the echo is no edit");
        (await LiveAsync()).ShouldBe([$"{ann} {acme}", $"{ann} {other}"]);
    }

    [Fact]
    public async Task Another_firm_that_a_person_enters_there_takes_the_place_in_the_hub_too()
    {
        var (acme, other, ann) = (await CompanyAsync("Acme"), await CompanyAsync("Other"), await InsertAsync("email", "'ann@x.example'"));
        await AssociateAsync(ann, acme);
        await PushAsync();
        await PushAsync(); // the firms have their ids by now
        (await FirmsAsync()).ShouldBe("Acme");
        await _bed.ExecuteAsync("update people set firm_id = (select id from firms where name = 'Other')");
        await HearAsync();
        (await LiveAsync()).ShouldBe([$"{ann} {other}"]);
        await _bed.ExecuteAsync("update people set firm_id = null");
        await HearAsync();
        await PushAsync();
        (await LiveAsync()).ShouldBeEmpty();
        (await FirmsAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task An_association_that_no_column_leads_to_is_not_the_projects()
    {
        var (acme, deal) = (await CompanyAsync("Acme"), Guid.CreateVersion7());
        await _hub.ExecuteAsync($"insert into crm_deals (tenant_id, id, name) values ('{_hub.Id}', '{deal}', 'Deal')");
        await PushAsync();
        await AssociateAsync(deal, acme, "deal");
        await PushAsync();
        (await _hub.RowsAsync("select status, reason from crm_outbox where status <> 'done'")).ShouldBeEmpty();
        (await LiveAsync()).ShouldBe([$"{deal} {acme}"]);
    }

    private async Task<Guid> CompanyAsync(string name)
    {
        var id = Guid.CreateVersion7();
        await _hub.ExecuteAsync($"insert into crm_companies (tenant_id, id, name) values ('{_hub.Id}', '{id}', '{name}')");
        return id;
    }

    private Task<int> AssociateAsync(Guid from, Guid to, string kind = "contact", bool isPrimary = false) => _hub.ExecuteAsync($"""
        insert into crm_associations (tenant_id, from_kind, from_id, to_kind, to_id, is_primary)
        values ('{_hub.Id}', '{kind}', '{from}', 'company', '{to}', {isPrimary})
        """);

    private Task<string?> FirmsAsync() => _bed.ScalarAsync<string>("select string_agg(f.name, ',') from people p join firms f on f.id = p.firm_id");

    private Task<List<string>> LiveAsync() => _hub.RowsAsync("select from_id || ' ' || to_id from crm_associations where deleted_at is null order by 1");

    private async Task PushAsync()
    {
        await _hub.ExecuteAsync("update crm_outbox set next_attempt_at = null; delete from crm_leases");
        await _drain.DrainAsync(new(_hub.Id, Platform.SupabaseProject, 0), CancellationToken.None);
    }

    /// <summary>What the project shows of every person is applied, the echo of our own writes too.</summary>
    private async Task HearAsync()
    {
        var session = await _sessions.OpenAsync(_hub.Id, Platform.SupabaseProject, CallLane.Webhook, CancellationToken.None);
        var shown = await _bed.ListAllAsync(RemoteKind.Contact);
        await _applier.ApplyAsync(session!, [.. shown.Select(person => Observation.Of(person, new(CauseKind.Event, "1")))], BatchTail.None, CancellationToken.None);
    }

    private async Task<Guid> InsertAsync(string columns, string values)
    {
        var id = Guid.CreateVersion7();
        await _hub.ExecuteAsync($"insert into crm_contacts (tenant_id, id, {columns}) values ('{_hub.Id}', '{id}', {values})");
        return id;
    }
}
