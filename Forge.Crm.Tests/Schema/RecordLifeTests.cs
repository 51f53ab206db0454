namespace Forge.Crm.Tests.Schema;

/// <summary>Records and associations that people make, delete and bring back.</summary>
public sealed class RecordLifeTests : IAsyncLifetime
{
    private readonly Guid _tenant = Guid.NewGuid();
    private CrmDatabase _database = null!;

    private Caller Person => Caller.Person(_tenant);

    private Caller Functions => Caller.App(_tenant);

    public async Task InitializeAsync()
    {
        _database = await CrmDatabase.SharedAsync();
        await _database.ExecuteAsync(Functions, TenantSeed.InsertInto("crm_tenants"), _tenant);
        await _database.ExecuteAsync(Functions, "insert into crm_sync_configs (tenant_id, platform, direction) values ($1, 'hubspot', 'two_way')", _tenant);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_record_made_by_a_person_gets_an_id_a_stamp_one_row_of_history_and_a_place_in_the_queue()
    {
        await _database.ExecuteAsync(Person, "insert into crm_companies (name, annual_revenue, custom_fields) values ('Acme', 12.5, '{\"tier\":\"gold\"}')");
        var stamps = await _database.ScalarAsync<string>(Functions, "select field_stamps::text from crm_companies where id is not null");
        stamps.ShouldMatch("""^\{"\*": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z supabase"\}$""");
        (await HistoryAsync()).ShouldBe(["""company create  -> {"name": "Acme", "custom.tier": "gold", "annual_revenue": 12.5000} by person-1"""]);
        (await OutboxAsync()).ShouldBe(["company 1"]);
        (await _database.ScalarAsync<bool>(Functions, "select changed_at = left(field_stamps ->> '*', 27)::timestamptz from crm_audit_log l join crm_companies c on c.id = l.record_id")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_delete_by_a_person_marks_the_record_and_reports_no_rows()
    {
        await AddContactAsync();
        (await _database.ExecuteAsync(Person, "delete from crm_contacts")).ShouldBe(0);
        (await HistoryAsync()).ShouldBe(["contact delete  ->  by person-1"]);
        (await OutboxAsync()).ShouldBe(["contact 1"]);
        (await _database.ScalarAsync<bool>(
            Functions, "select deleted_at is not null and field_stamps ->> 'deleted' like '% supabase' and version = 2 from crm_contacts")).ShouldBeTrue();
    }

    [Fact]
    public async Task Deleting_twice_is_deleting_once()
    {
        await AddContactAsync();
        await _database.ExecuteAsync(Person, "delete from crm_contacts");
        await _database.ExecuteAsync(Person, "delete from crm_contacts");
        (await HistoryAsync()).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Even_the_owner_of_the_database_deletes_by_marking()
    {
        await AddContactAsync();
        await _database.ExecuteAsync(Caller.Owner, "delete from crm_contacts where tenant_id = $1", _tenant);
        (await _database.ScalarAsync<long>(Functions, "select count(*) from crm_contacts where deleted_at is not null")).ShouldBe(1);
    }

    [Fact]
    public async Task A_person_restores_what_was_deleted()
    {
        await AddContactAsync();
        (await _database.ExecuteAsync(Person, "update crm_contacts set deleted_at = now()")).ShouldBe(1);
        var deleted = await DeletedStampAsync();
        (await _database.ExecuteAsync(Person, "update crm_contacts set deleted_at = null")).ShouldBe(1);
        (await HistoryAsync()).ShouldBe(["contact delete  ->  by person-1", "contact restore  ->  by person-1"]);
        string.CompareOrdinal(await DeletedStampAsync(), deleted).ShouldBeGreaterThan(0);
        (await OutboxAsync()).ShouldBe(["contact 2"]);
    }

    [Fact]
    public async Task Values_and_the_mark_may_change_in_one_statement()
    {
        await AddContactAsync();
        await _database.ExecuteAsync(Person, "update crm_contacts set deleted_at = now(), phone = '+2'");
        (await HistoryAsync()).ShouldBe(["contact phone set  -> +2 by person-1", "contact delete  ->  by person-1"]);
        (await OutboxAsync()).ShouldBe(["contact 1"]);
    }

    [Fact]
    public async Task A_link_made_removed_and_made_again_by_a_person_is_captured_each_time()
    {
        var (contact, company) = (Guid.NewGuid(), Guid.NewGuid());
        await _database.ExecuteAsync(
            Person, "insert into crm_associations (from_kind, from_id, to_kind, to_id) values ('contact', $1, 'company', $2)", contact, company);
        (await _database.ExecuteAsync(Person, "delete from crm_associations")).ShouldBe(0);
        await _database.ExecuteAsync(Person, "update crm_associations set deleted_at = null");
        (await HistoryAsync()).ShouldBe(
        [
            $"contact company associate  -> {company} by person-1", $"contact company dissociate {company} ->  by person-1",
            $"contact company associate  -> {company} by person-1",
        ]);
        (await OutboxAsync()).ShouldBe(["company 3", "contact 3"]);
        (await _database.ScalarAsync<string>(Functions, "select stamp from crm_associations")).ShouldEndWith("Z supabase");
    }

    [Fact]
    public async Task Making_a_link_the_primary_one_is_an_edit()
    {
        await AddAssociationAsync();
        await _database.ExecuteAsync(Person, "update crm_associations set is_primary = true");
        (await HistoryAsync()).ShouldHaveSingleItem().ShouldStartWith("contact company associate");
    }

    [Fact]
    public async Task The_sync_writes_links_with_their_stamps_and_leaves_nothing_more()
    {
        await AddAssociationAsync();
        await _database.ExecuteAsync(Functions, "update crm_associations set deleted_at = now(), stamp = '2026-02-01T00:00:00.000000Z hubspot'");
        await _database.ExecuteAsync(Functions, "update crm_associations set bases = '{\"hubspot\":\"x\"}'");
        (await HistoryAsync()).ShouldBeEmpty();
        (await OutboxAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_ends_of_a_link_never_change()
    {
        await AddAssociationAsync();
        (await _database.RefusalAsync(Functions, "update crm_associations set to_id = gen_random_uuid()")).ShouldBe("23000");
    }

    private Task AddContactAsync() => _database.ExecuteAsync(Functions, TenantSeed.InsertInto("crm_contacts"), _tenant);

    private Task AddAssociationAsync() => _database.ExecuteAsync(Functions, TenantSeed.InsertInto("crm_associations"), _tenant);

    private Task<string[]> HistoryAsync() => _database.ColumnAsync(Functions, """
        select concat_ws(' ', kind, field, action, coalesce(old_value, ''), '->', coalesce(new_value, ''), 'by', actor)
        from crm_audit_log where action <> 'configure' order by id
        """);

    private Task<string[]> OutboxAsync() => _database.ColumnAsync(Functions, "select kind || ' ' || version from crm_outbox order by 1");

    private Task<string> DeletedStampAsync() => _database.ScalarAsync<string>(Functions, "select field_stamps ->> 'deleted' from crm_contacts");
}
