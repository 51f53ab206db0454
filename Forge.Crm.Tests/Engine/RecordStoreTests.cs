using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.Engine;

public sealed class RecordStoreTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);
    private static readonly Cause Cause = new(CauseKind.Event, "1");

    private HubDatabase _hub = null!;
    private RecordStore _store = null!;
    private SyncPolicy _policy = SyncPolicy.DefaultFor(Platform.HubSpot) with
    {
        Targets = [new(Platform.Pipedrive, [RecordKind.Contact, RecordKind.Company])],
    };

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        _store = new(_hub.Tenant, TimeProvider.System);
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task A_new_record_becomes_a_row_a_link_an_identity_one_history_row_and_a_push()
    {
        var result = await ApplyAsync(Contact("1", ("email", "ann@example.com"), ("first_name", "Ann"), ("lead_value", "12.5")));

        result.ShouldBe([ChangeOutcome.Created]);
        (await _hub.RowsAsync("select email, first_name, lead_value, version, field_stamps from crm_contacts"))
            .ShouldBe(["ann@example.com|Ann|12.5000|1|{\"*\": \"2026-05-04T12:00:00.000000Z hubspot~\"}"]);
        (await _hub.RowsAsync("select platform, remote_kind, external_id, state, seen from crm_record_links"))
            .ShouldBe(["hubspot|contact|1|live|{\"email\": \"ann@example.com\", \"first_name\": \"Ann\", \"lead_value\": \"12.5\"}"]);
        (await _hub.RowsAsync("select kind, key from crm_identities")).ShouldBe(["contact|email:ann@example.com"]);
        (await _hub.RowsAsync("select action, field, source, cause, cause_id from crm_audit_log where record_id is not null")).ShouldBe(["create||hubspot|event|1"]);
        (await _hub.RowsAsync("select platform, kind, status, cause, cause_id, is_bulk from crm_outbox")).ShouldBe(["pipedrive|contact|pending|event|1|False"]);
    }

    [Fact]
    public async Task A_push_waits_in_the_lane_that_change_capture_would_give_it()
    {
        await _hub.AddConfigAsync(_hub.Id, "pipedrive", "two_way", lanes: 7);
        await ApplyAsync([.. Enumerable.Range(1, 30).Select(i => Contact($"{i}", ("first_name", "Ann")))]);

        (await _hub.ScalarAsync<long>("select count(*) from crm_outbox where lane <> crm_lane(record_id, 7)")).ShouldBe(0);
        (await _hub.ScalarAsync<long>("select count(distinct lane) from crm_outbox")).ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Companies_are_queued_before_the_contacts_that_come_with_them()
    {
        await ApplyAsync(Contact("1", ("first_name", "Ann")), Company("2", "acme.example"), Contact("3", ("first_name", "Bob")));
        (await _hub.RowsAsync("select kind from crm_outbox order by queued_at")).ShouldBe(["company", "contact", "contact"]);
    }

    [Fact]
    public async Task An_unchanged_record_costs_no_write()
    {
        var page = Enumerable.Range(1, 50).Select(i => Contact($"{i}", ("email", $"p{i}@example.com"), ("phone", "+15550100"))).ToArray();
        await ApplyAsync(page);
        var before = await RowVersionsAsync();

        var again = await ApplyAsync([.. page.Select(change => change with { Record = change.Record! with { ReadAt = Noon.AddMinutes(5) } })]);

        again.ShouldAllBe(outcome => outcome == ChangeOutcome.Unchanged);
        (await RowVersionsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_changed_field_is_taken_with_history_of_old_and_new()
    {
        await ApplyAsync(Contact("1", ("email", "ann@example.com"), ("first_name", "Ann")));
        await ApplyAsync(Contact("1", 5, ("email", "ann@example.com"), ("first_name", "Anna")));

        (await _hub.RowsAsync("select first_name, version from crm_contacts")).ShouldBe(["Anna|2"]);
        (await _hub.RowsAsync("select action, field, old_value, new_value from crm_audit_log where field is not null")).ShouldBe(["set|first_name|Ann|Anna"]);
    }

    [Fact]
    public async Task A_snapshot_older_than_the_one_applied_is_ignored()
    {
        await ApplyAsync(Contact("1", ("first_name", "Ann")));
        await ApplyAsync(Contact("1", 10, ("first_name", "Anna")));

        (await ApplyAsync(Contact("1", 5, ("first_name", "Annie")))).ShouldBe([ChangeOutcome.Outdated]);
        (await _hub.ScalarAsync<string>("select first_name from crm_contacts")).ShouldBe("Anna");
    }

    [Fact]
    public async Task A_persons_edit_in_the_hub_and_a_later_one_on_the_platform_settle_by_time_and_keep_the_loser()
    {
        await ApplyAsync(Contact("1", ("first_name", "Ann"), ("job_title", "CTO")));
        await _hub.ExecuteAsync("update crm_contacts set first_name = 'Hub', job_title = 'CEO'");
        var later = (int)(TimeProvider.System.GetUtcNow() - Noon).TotalMinutes + 60;

        await ApplyAsync(Contact("1", 5, ("first_name", "Ann"), ("job_title", "VP")));
        (await _hub.RowsAsync("select first_name, job_title from crm_contacts")).ShouldBe(["Hub|CEO"]);
        (await _hub.RowsAsync("select field, old_value, new_value from crm_audit_log where action = 'lost'")).ShouldBe(["job_title|CEO|VP"]);

        await ApplyAsync(Contact("1", later, ("first_name", "Ann"), ("job_title", "COO")));
        (await _hub.RowsAsync("select first_name, job_title from crm_contacts")).ShouldBe(["Hub|COO"]);
    }

    [Fact]
    public async Task A_deletion_is_soft_and_a_late_snapshot_does_not_raise_the_dead()
    {
        await ApplyAsync(Contact("1", ("first_name", "Ann")));

        (await ApplyAsync(Deleted("1", 10))).ShouldBe([ChangeOutcome.Deleted]);
        (await ApplyAsync(Contact("1", 5, ("first_name", "Late")))).ShouldBe([ChangeOutcome.Outdated]);
        (await _hub.RowsAsync("select deleted_at is not null, first_name from crm_contacts")).ShouldBe(["True|Ann"]);
        (await ApplyAsync(Deleted("1", 10))).ShouldBe([ChangeOutcome.Unchanged]);
    }

    [Fact]
    public async Task A_restored_record_lives_again()
    {
        await ApplyAsync(Contact("1", ("first_name", "Ann")));
        await ApplyAsync(Deleted("1", 10));

        var restored = Contact("1", 11, ("first_name", "Ann")) with { Lifecycle = new(ChangeType.Restored, Noon.AddMinutes(11)) };
        await ApplyAsync(restored);

        (await _hub.RowsAsync("select deleted_at is null from crm_contacts")).ShouldBe(["True"]);
        (await _hub.RowsAsync("select action from crm_audit_log where record_id is not null order by id")).ShouldBe(["create", "delete", "restore"]);
    }

    [Fact]
    public async Task Chained_merges_into_new_ids_leave_one_live_record_and_aliases()
    {
        await ApplyAsync(Contact("1", ("email", "a@example.com")), Contact("2", ("email", "b@example.com")), Contact("3", ("email", "c@example.com")));

        await ApplyAsync(Contact("10", 5, ("email", "a@example.com")) with { MergedIds = ["1", "2"] });
        await ApplyAsync(Contact("20", 9, ("email", "a@example.com")) with { MergedIds = ["10", "3"] });

        (await _hub.ScalarAsync<long>("select count(*) from crm_contacts where deleted_at is null and merged_into_id is null")).ShouldBe(1);
        (await _hub.RowsAsync("select external_id, state, merged_into from crm_record_links order by external_id::int"))
            .ShouldBe(["1|merged|10", "2|merged|10", "3|merged|20", "10|merged|20", "20|live|"]);
        (await ApplyAsync(Contact("2", 3, ("email", "b@example.com")))).ShouldBe([ChangeOutcome.Outdated]);
        (await ApplyAsync(Contact("2", 20, ("email", "b@example.com")))).ShouldBe([ChangeOutcome.Created]); // brought back on its platform
    }

    [Fact]
    public async Task Of_two_chained_merges_the_second_may_be_heard_of_first()
    {
        await ApplyAsync(Contact("1", ("email", "a@example.com")), Contact("2", ("email", "b@example.com")), Contact("3", ("email", "c@example.com")));

        await ApplyAsync(Contact("20", 9, ("email", "a@example.com")) with { MergedIds = ["10", "3"] });
        await ApplyAsync(new RemoteChange(Ref("10"), null, null, ["1", "2"], [], Cause)); // by now the platform shows 10 no more

        (await _hub.ScalarAsync<long>("select count(*) from crm_contacts where deleted_at is null and merged_into_id is null")).ShouldBe(1);
        (await _hub.RowsAsync("select external_id, state from crm_record_links order by external_id::int"))
            .ShouldBe(["1|merged", "2|merged", "3|merged", "10|merged", "20|live"]);
    }

    [Fact]
    public async Task Associations_follow_what_the_platform_shows_and_one_that_another_side_added_stays()
    {
        await ApplyAsync(Company("c1", "one.example"), Company("c2", "two.example"), Contact("1", ("email", "a@example.com")));
        await ApplyAsync(Contact("1", 1, ("email", "a@example.com")) with { Associations = Shown("1", "c1", "c2") });
        (await LiveAssociationsAsync()).ShouldBe(["one.example|True", "two.example|False"]);

        await ApplyAsync(Contact("1", 2, ("email", "a@example.com")) with { Associations = Shown("1", "c2") });
        (await LiveAssociationsAsync()).ShouldBe(["two.example|True"]);
        (await _hub.RowsAsync("select action from crm_audit_log where field = 'company' order by id")).ShouldBe(["associate", "associate", "dissociate"]);
    }

    [Fact]
    public async Task Erasure_leaves_no_value_of_the_person_and_nothing_brings_them_back()
    {
        await ApplyAsync(Contact("1", ("email", "ann@example.com"), ("first_name", "Ann")));
        await ApplyAsync(Contact("1", 3, ("email", "ann@example.com"), ("first_name", "Anna")));

        (await ApplyAsync(new RemoteChange(Ref("1"), null, new(ChangeType.Erased, Noon.AddMinutes(5)), [], [], Cause))).ShouldBe([ChangeOutcome.Erased]);

        foreach (var table in new[] { "crm_contacts", "crm_audit_log", "crm_record_links", "crm_identities", "crm_outbox" })
            (await _hub.ScalarAsync<long>($"select count(*) from {table} t where t::text ilike '%ann%'")).ShouldBe(0, table);
        (await ApplyAsync(Contact("1", 60, ("email", "ann@example.com")))).ShouldBe([ChangeOutcome.Erased]); // once more
        (await ApplyAsync(Contact("1", 61, ("email", "ann@example.com")) with { Cause = new(CauseKind.Job, "7") })).ShouldBe([ChangeOutcome.Ignored]);
        (await _hub.ScalarAsync<long>("select count(*) from crm_contacts t where t::text ilike '%ann%'")).ShouldBe(0);
    }

    [Fact]
    public async Task Two_records_with_one_email_stay_two_and_the_second_joins_nobody()
    {
        await ApplyAsync(Contact("1", ("email", "same@example.com")), Contact("2", ("email", "same@example.com")));

        (await _hub.ScalarAsync<long>("select count(distinct record_id) from crm_record_links")).ShouldBe(2);
        (await _hub.ScalarAsync<long>("select count(*) from crm_identities")).ShouldBe(1);
    }

    [Fact]
    public async Task A_record_of_a_second_platform_joins_by_email_and_fills_what_was_never_set()
    {
        await ApplyAsync(Contact("1", ("email", "ann@example.com"), ("first_name", "Ann"), ("phone", null)));
        _policy = SyncPolicy.DefaultFor(Platform.Pipedrive);
        await ApplyAsync(Contact("77", 1, ("email", "ann@example.com"), ("first_name", null), ("phone", "+15550100")));

        (await _hub.RowsAsync("select email, first_name, phone from crm_contacts")).ShouldBe(["ann@example.com|Ann|+15550100"]);
        (await _hub.RowsAsync("select platform from crm_record_links order by 1")).ShouldBe(["hubspot", "pipedrive"]);
    }

    [Fact]
    public async Task Workers_that_apply_one_batch_at_the_same_time_create_each_record_once()
    {
        var page = Enumerable.Range(1, 60).Select(i => Contact($"{i}", ("email", $"p{i}@example.com"))).ToArray();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => ApplyAsync(page)));

        (await _hub.ScalarAsync<long>("select count(*) from crm_contacts")).ShouldBe(60);
        (await _hub.ScalarAsync<long>("select count(*) from crm_record_links")).ShouldBe(60);
        (await _hub.ScalarAsync<long>("select count(*) from crm_audit_log where action = 'create'")).ShouldBe(60);
    }

    [Fact]
    public async Task A_required_row_that_is_not_there_rolls_everything_back()
    {
        var stale = Sql.RequireRow(Sql.Command("update crm_sync_jobs set step = 1 where tenant_id = $1 and step = 7", Sql.Value(_hub.Id.Value)));

        await Should.ThrowAsync<StaleStepException>(() => _store.ApplyAsync(
            _hub.Id, _policy, StandardFields.Of, [Contact("1", ("first_name", "Ann"))], _ => [stale], CancellationToken.None));
        (await _hub.ScalarAsync<long>("select count(*) from crm_contacts")).ShouldBe(0);
    }

    private static RemoteRef Ref(string id) => new(RemoteKind.Contact, id);

    private static RemoteChange Contact(string id, params (string Field, string? Value)[] fields) => Contact(id, 0, fields);

    private static RemoteChange Contact(string id, int minute, params (string Field, string? Value)[] fields) =>
        Change(RemoteKind.Contact, id, minute, fields, [.. fields.Where(f => f.Field == "email").Select(f => "email:" + f.Value)]);

    private static RemoteChange Company(string id, string domain) =>
        Change(RemoteKind.Company, id, 0, [("domain", domain)], ["domain:" + domain]);

    private static RemoteChange Change(RemoteKind kind, string id, int minute, (string Field, string? Value)[] fields, ImmutableArray<string> keys)
    {
        var shape = StandardFields.Of(kind.ToRecordKind());
        var version = Noon.AddMinutes(minute);
        var values = new RemoteField[shape.Count];
        foreach (var (field, value) in fields)
            values[shape.IndexOf(field)] = new(value, new(version, Platform.HubSpot, IsApproximate: true));
        var record = new RemoteRecord(new(kind, id), [.. values], version, version.AddSeconds(1), [], keys, Noon);
        return new(record.Ref, record, null, [], [], Cause);
    }

    private static RemoteChange Deleted(string id, int minute) =>
        new(Ref(id), null, new(ChangeType.Deleted, Noon.AddMinutes(minute)), [], [], Cause);

    private static ImmutableArray<RemoteAssociations> Shown(string id, params string[] companies) =>
        [new(Ref(id), RemoteKind.Company, [.. companies.Select((to, i) => new RemoteAssociation(to, i == 0))])];

    private async Task<ChangeOutcome[]> ApplyAsync(params RemoteChange[] changes)
    {
        var plan = await _store.ApplyAsync(_hub.Id, _policy, StandardFields.Of, changes, _ => [], CancellationToken.None);
        return [.. plan.Results.Select(result => result.Outcome)];
    }

    private Task<List<string>> LiveAssociationsAsync() => _hub.RowsAsync("""
        select c.domain, a.is_primary from crm_associations a join crm_companies c on c.id = a.to_id where a.deleted_at is null order by 1
        """);

    private Task<List<string>> RowVersionsAsync() => _hub.RowsAsync("""
        select 'r', id::text, xmin::text from crm_contacts union all
        select 'l', external_id, xmin::text from crm_record_links union all
        select 'h', id::text, xmin::text from crm_audit_log union all
        select 'i', key, xmin::text from crm_identities order by 1, 2
        """);
}
