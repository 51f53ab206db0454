namespace Forge.Crm.Tests.Schema;

/// <summary>People with a Supabase token: what their tenant and their role let them do, and what nobody may.</summary>
public sealed class PersonTests : IAsyncLifetime
{
    private const string Forbidden = "42501";

    private readonly Guid _a = Guid.NewGuid();
    private readonly Guid _b = Guid.NewGuid();

    private static readonly string[] Records = ["crm_companies", "crm_contacts", "crm_deals", "crm_activities", "crm_tasks"];

    private static readonly string[] Readable =
    [
        .. Records, "crm_associations", "crm_owners", "crm_stages", "crm_audit_log", "crm_conflict_records", "crm_pipeline_snapshots",
        "crm_activity_summaries", "crm_revenue_forecasts", "crm_automation_rules", "crm_sync_jobs", "crm_sync_configs", "crm_webhook_events",
        "crm_match_items", "crm_pipeline_owner_snapshots", "crm_revenue_forecast_history", "crm_revenue_forecast_gaps",
    ];

    // Claims that name no tenant: broken json, wrong shapes, wrong types, what would break a careless cast.
    private string[] NoClaims =>
    [
        "", "garbage", "{", "[]", "null", "1", "\"x\"", "{\"app_metadata\":null}", "{\"app_metadata\":[]}", "{\"app_metadata\":{\"tenant_id\":7}}",
        "{\"app_metadata\":{\"tenant_id\":\"\"}}", "{\"app_metadata\":{\"tenant_id\":\"x\"}}", "{\"app_metadata\":{\"tenant_id\":\"\\u0000\"}}",
        $"{{\"tenant_id\":\"{_a}\"}}", $"{{\"user_metadata\":{{\"tenant_id\":\"{_a}\"}}}}", $"{{\"app_metadata\":{{\"tenant_id\":[\"{_a}\"]}}}}",
        new string('[', 100_000),
    ];

    private CrmDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = await CrmDatabase.SharedAsync();
        await TenantSeed.FillAsync(_database, _a);
        await TenantSeed.FillAsync(_database, _b);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory, InlineData("viewer"), InlineData("member"), InlineData("admin")]
    public async Task A_person_reads_what_people_may_of_their_tenant_only(string role)
    {
        foreach (var table in TenantSeed.Tables)
        {
            var read = $"select distinct tenant_id from {table}";
            if (Readable.Contains(table))
                (await _database.ColumnAsync(Caller.Person(_a, role), read)).ShouldBe([$"{_a}"], table);
            else
                (await _database.RefusalAsync(Caller.Person(_a, role), read)).ShouldBe(Forbidden, table);
        }
    }

    [Fact]
    public async Task Claims_without_a_tenant_read_nothing_and_fail_nothing()
    {
        foreach (var claims in NoClaims)
        {
            var read = string.Join(" union ", Readable.Select(table => $"select tenant_id from {table}"));
            (await _database.ColumnAsync(Caller.Token(claims), read)).ShouldBeEmpty(claims[..Math.Min(60, claims.Length)]);
        }
    }

    [Fact]
    public async Task The_setting_of_the_functions_opens_nothing_to_a_token()
    {
        var caller = Caller.Person(_a).With("app.tenant_id", $"{_b}");
        foreach (var table in Readable)
            (await _database.ColumnAsync(caller, $"select distinct tenant_id from {table}")).ShouldBe([$"{_a}"], table);
        (await _database.RefusalAsync(caller, "insert into crm_contacts (email) values ('x@example.test')")).ShouldBe(Forbidden);
    }

    [Theory, InlineData("crm_webhook_events", "raw"), InlineData("crm_sync_configs", "secret_ref")]
    public async Task What_is_not_for_people_stays_hidden(string table, string column)
    {
        (await _database.RefusalAsync(Caller.Person(_a, "admin"), $"select {column} from {table}")).ShouldBe(Forbidden);
        (await _database.RefusalAsync(Caller.Person(_a, "admin"), $"select * from {table}")).ShouldBe(Forbidden);
    }

    [Theory, InlineData("member"), InlineData("admin")]
    public async Task A_member_writes_records_of_the_own_tenant(string role)
    {
        var person = Caller.Person(_a, role);
        foreach (var table in Records)
        {
            (await _database.ExecuteAsync(person, $"insert into {table} (custom_fields) values ('{{\"by\":\"hand\"}}')")).ShouldBe(1, table);
            (await _database.ExecuteAsync(person, $"update {table} set custom_fields = '{{\"by\":\"hand again\"}}'")).ShouldBe(2, table);
            (await _database.RefusalAsync(person, $"insert into {table} (tenant_id) values ($1)", _b)).ShouldBe(Forbidden, table);
        }
        (await _database.ScalarAsync<long>(Caller.Owner, "select count(*) from crm_contacts where tenant_id = $1 and custom_fields <> '{}'", _b)).ShouldBe(0);
    }

    [Theory, InlineData("viewer"), InlineData("owner"), InlineData("")]
    public async Task Any_other_role_only_reads(string role)
    {
        var viewer = Caller.Person(_a, role);
        foreach (var table in Records)
        {
            (await _database.RefusalAsync(viewer, $"insert into {table} (custom_fields) values ('{{}}')")).ShouldBe(Forbidden, table);
            (await _database.ExecuteAsync(viewer, $"update {table} set custom_fields = '{{\"by\":\"viewer\"}}'")).ShouldBe(0, table);
            (await _database.ExecuteAsync(viewer, $"delete from {table}")).ShouldBe(0, table);
            (await _database.ScalarAsync<long>(Caller.App(_a), $"select count(*) from {table} where deleted_at is not null or custom_fields <> '{{}}'")).ShouldBe(0, table);
        }
    }

    [Fact]
    public async Task Nobody_writes_stamps_versions_or_times_by_hand()
    {
        string[] sets =
        [
            "field_stamps = '{}'", "version = 9", "created_at = now()", "updated_at = now()", "merged_into_id = id", "tenant_id = tenant_id", "id = gen_random_uuid()",
        ];
        foreach (var set in sets)
        {
            foreach (var table in Records)
                (await _database.RefusalAsync(Caller.Person(_a, "admin"), $"update {table} set {set}")).ShouldBe(Forbidden, $"{table}: {set}");
        }
        (await _database.RefusalAsync(Caller.Person(_a), "insert into crm_contacts (field_stamps) values ('{\"*\":\"x\"}')")).ShouldBe(Forbidden);
        (await _database.RefusalAsync(Caller.Person(_a), "update crm_associations set stamp = 'x'")).ShouldBe(Forbidden);
    }

    [Fact]
    public async Task Nobody_writes_journal_outbox_history_links_or_settings_by_hand()
    {
        foreach (var table in TenantSeed.Tables.Except([.. Records, "crm_associations"]))
        {
            (await _database.RefusalAsync(Caller.Person(_a, "admin"), TenantSeed.InsertInto(table), _a)).ShouldBe(Forbidden, table);
            (await _database.RefusalAsync(Caller.Person(_a, "admin"), $"update {table} set tenant_id = tenant_id")).ShouldBe(Forbidden, table);
            (await _database.RefusalAsync(Caller.Person(_a, "admin"), $"delete from {table}")).ShouldBe(Forbidden, table);
        }
    }

    [Fact]
    public async Task Somebody_without_a_token_reads_nothing()
    {
        var anonymous = new Caller(Caller.Authenticator, "anon", Caller.Person(_a).Settings);
        foreach (var table in TenantSeed.Tables)
            (await _database.RefusalAsync(anonymous, $"select 1 from {table}")).ShouldBe(Forbidden, table);
    }

    [Fact]
    public async Task People_call_no_function_that_acts_for_them()
    {
        string[] calls =
        [
            $"select crm_erase_record('{_a}', 'contact', '{_a}')", "select crm_route('hubspot', 'account', null)", "select crm_actor()",
            $"select crm_note('{_a}', 'contact', '{_a}', 'f', 'set', '1', '2', now(), 'edit')", $"select crm_enqueue('{_a}', 'contact', '{_a}')",
        ];
        foreach (var call in calls)
            (await _database.RefusalAsync(Caller.Person(_a, "admin").With("app.tenant_id", $"{_a}"), call)).ShouldBe(Forbidden, call);
    }
}
