namespace Forge.Crm.Tests.Schema;

/// <summary>Every table, every verb, every state of the tenant setting, as the functions' own login.</summary>
public sealed class TenantIsolationTests : IAsyncLifetime
{
    private const string Forbidden = "42501";

    private readonly Guid _a = Guid.NewGuid();
    private readonly Guid _b = Guid.NewGuid();

    // What a transaction may have set: nothing, then things that name no tenant.
    private string?[] Nobody => [null, "", "garbage", $"{_a} ", $"'{_a}'", "null", "*", $"{{{_a}}}", "00000000-0000-4000-8000-0000000000"];

    private CrmDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = await CrmDatabase.SharedAsync();
        await TenantSeed.FillAsync(_database, _a);
        await TenantSeed.FillAsync(_database, _b);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Every_table_of_the_database_is_covered_here()
    {
        var tables = await _database.ColumnAsync(Caller.Owner, "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')");
        tables.ShouldBe(TenantSeed.Tables, ignoreOrder: true);
    }

    [Fact]
    public async Task A_tenant_reads_its_own_rows_and_no_others()
    {
        foreach (var tenant in new[] { _a, _b })
            (await SeenAsync(Caller.App(tenant))).ShouldBe(TenantSeed.Tables.Select(table => $"{table} {tenant}"), ignoreOrder: true);
    }

    [Fact]
    public async Task Without_a_proper_tenant_nothing_is_read_and_nothing_fails()
    {
        foreach (var nobody in Nobody)
            (await SeenAsync(Caller.App(nobody))).ShouldBeEmpty($"with '{nobody}'");
    }

    [Fact]
    public async Task A_row_of_another_tenant_cannot_be_written()
    {
        foreach (var other in Nobody.Append($"{_b}"))
        {
            foreach (var table in TenantSeed.Tables)
                (await _database.RefusalAsync(Caller.App(other), TenantSeed.InsertInto(table), _a)).ShouldBe(Forbidden, $"{table} with '{other}'");
        }
    }

    [Fact]
    public async Task An_update_without_a_condition_changes_the_own_rows_only()
    {
        foreach (var table in TenantSeed.Tables.Where(table => table != "crm_audit_log"))
        {
            var own = await _database.ScalarAsync<long>(Caller.App(_a), $"select count(*) from {table}");
            (await _database.ExecuteAsync(Caller.App(_a), $"update {table} set tenant_id = tenant_id")).ShouldBe((int)own, table);
            foreach (var nobody in Nobody)
                (await _database.ExecuteAsync(Caller.App(nobody), $"update {table} set tenant_id = tenant_id")).ShouldBe(0, $"{table} with '{nobody}'");
        }
    }

    [Fact]
    public async Task No_row_moves_to_another_tenant()
    {
        foreach (var table in TenantSeed.Tables)
        {
            // The record tables refuse it before the policy is asked: 23000.
            (await _database.RefusalAsync(Caller.App(_a), $"update {table} set tenant_id = $1", _b)).ShouldBeOneOf(Forbidden, "23000");
        }
    }

    [Fact]
    public async Task A_delete_without_a_condition_removes_own_rows_where_it_is_allowed_at_all()
    {
        string[] allowed =
        [
            "crm_outbox", "crm_identities", "crm_leases", "crm_webhook_events", "crm_rate_budgets", "crm_pipeline_snapshots",
            "crm_activity_summaries", "crm_revenue_forecasts", "crm_automation_rules", "crm_connections", "crm_match_items", "crm_match_keys", "crm_deletions", "crm_sync_plans", "crm_notices", "crm_hubspot_leads",
            "crm_pipeline_owner_snapshots", "crm_revenue_forecast_history", "crm_revenue_forecast_gaps", "crm_report_runs", "crm_rule_events", "crm_rule_runs", "crm_rule_turns",
        ];
        foreach (var table in TenantSeed.Tables)
        {
            if (!allowed.Contains(table))
            {
                (await _database.RefusalAsync(Caller.App(_a), $"delete from {table}")).ShouldBe(Forbidden, table);
                continue;
            }
            foreach (var nobody in Nobody)
                (await _database.ExecuteAsync(Caller.App(nobody), $"delete from {table}")).ShouldBe(0, $"{table} with '{nobody}'");
            (await _database.ExecuteAsync(Caller.App(_a), $"delete from {table}")).ShouldBeGreaterThan(0, table);
            (await TenantsSeenAsync(Caller.App(_b), table)).ShouldBe([$"{_b}"], table);
        }
    }

    [Fact]
    public async Task Nobody_truncates()
    {
        foreach (var table in TenantSeed.Tables)
        {
            (await _database.RefusalAsync(Caller.App(_a), $"truncate {table}")).ShouldBe(Forbidden, table);
            (await _database.RefusalAsync(Caller.Person(_a, "admin"), $"truncate {table}")).ShouldBe(Forbidden, table);
        }
    }

    [Fact]
    public async Task A_key_of_one_tenant_is_free_for_another()
    {
        // Both hold the same account, path, e-mail, external id: a unique key across tenants would have refused the second.
        foreach (var table in new[] { "crm_connections", "crm_identities", "crm_record_links", "crm_owners", "crm_stages", "crm_leases" })
            (await _database.ScalarAsync<long>(Caller.Owner, $"select count(*) from {table} where tenant_id in ($1, $2)", _a, _b)).ShouldBe(2, table);
    }

    [Fact]
    public async Task A_foreign_key_does_not_reach_into_another_tenant()
    {
        var foreign = await _database.ScalarAsync<Guid>(Caller.Owner, "select id from crm_contacts where tenant_id = $1", _b);
        (await _database.RefusalAsync(Caller.App(_a), "update crm_contacts set merged_into_id = $1", foreign)).ShouldBe("23503");
    }

    [Fact]
    public async Task A_token_opens_nothing_to_the_functions_login()
    {
        var caller = Caller.App(_a).With("request.jwt.claims", Caller.Person(_b, "admin").Settings["request.jwt.claims"]);
        (await TenantsSeenAsync(caller, "crm_contacts")).ShouldBe([$"{_a}"]);
    }

    [Fact]
    public async Task The_tenant_ends_with_its_transaction()
    {
        await using var connection = await _database.OpenAsync(Caller.App(_a));
        (await CountAsync()).ShouldBe(1L);
        await using (var commit = new Npgsql.NpgsqlCommand("commit", connection))
            await commit.ExecuteNonQueryAsync();
        (await CountAsync()).ShouldBe(0L);

        async Task<object?> CountAsync()
        {
            await using var command = new Npgsql.NpgsqlCommand("select count(*) from crm_contacts", connection);
            return await command.ExecuteScalarAsync();
        }
    }

    private Task<string[]> TenantsSeenAsync(Caller caller, string table) => _database.ColumnAsync(caller, $"select distinct tenant_id from {table}");

    // "table tenant" of every table in one query.
    private Task<string[]> SeenAsync(Caller caller) =>
        _database.ColumnAsync(caller, string.Join(" union ", TenantSeed.Tables.Select(table => $"select '{table} ' || tenant_id from {table}")));
}
