namespace Forge.Crm.Tests.Schema;

/// <summary>The login that looks across tenants: it sees where work waits, and never what it is.</summary>
public sealed class RelayTests : IAsyncLifetime
{
    private const string Forbidden = "42501";

    private readonly Guid _a = Guid.NewGuid();
    private readonly Guid _b = Guid.NewGuid();

    private static readonly IReadOnlyDictionary<string, string> Allowed = new Dictionary<string, string>
    {
        ["crm_tenants"] = "tenant_id, state, time_zone",
        ["crm_sync_configs"] = "tenant_id, platform, kinds, interval_minutes, enabled, state, lanes, reconciled_at, direction, match_state",
        ["crm_webhook_events"] = "tenant_id, id, platform, lane, status, received_at, next_attempt_at",
        ["crm_outbox"] = "tenant_id, platform, lane, status, queued_at, next_attempt_at, is_bulk",
        ["crm_notices"] = "tenant_id, status, due_at, created_at",
        ["crm_hubspot_leads"] = "tenant_id, status, due_at",
        ["crm_rule_events"] = "tenant_id, id, status, happened_at, next_attempt_at",
        ["crm_automation_rules"] = "tenant_id, enabled, version, checked_version",
        ["crm_sync_jobs"] = "tenant_id, id, platform, state, step, updated_at, is_dry_run",
    };

    private CrmDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = await CrmDatabase.SharedAsync();
        await TenantSeed.FillAsync(_database, _a);
        await TenantSeed.FillAsync(_database, _b);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task It_sees_the_waiting_work_of_every_tenant()
    {
        foreach (var (table, columns) in Allowed)
        {
            await _database.QueryAsync(Caller.Relay, $"select {columns} from {table}");
            (await _database.ColumnAsync(Caller.Relay, $"select distinct tenant_id from {table} where tenant_id in ($1, $2)", _a, _b)).Length.ShouldBe(2, table);
        }
    }

    [Fact]
    public async Task It_sees_no_other_column_of_any_table()
    {
        var columns = await _database.QueryAsync(
            Caller.Owner, "select table_name, column_name from information_schema.columns where table_schema = 'public' and table_name <> 'crm_leases'");
        columns.Count.ShouldBeGreaterThan(200);
        foreach (var row in columns)
        {
            var (table, column) = ((string)row[0]!, (string)row[1]!);
            var expected = Allowed.TryGetValue(table, out var allowed) && allowed.Split(", ").Contains(column) ? null : Forbidden;
            (await _database.RefusalAsync(Caller.Relay, $"select {column} from {table}")).ShouldBe(expected, $"{table}.{column}");
        }
    }

    [Fact]
    public async Task It_writes_nothing_but_leases_of_the_whole_system()
    {
        foreach (var table in TenantSeed.Tables)
        {
            (await _database.RefusalAsync(Caller.Relay, TenantSeed.InsertInto(table), _a)).ShouldBe(Forbidden, table);
            if (table != "crm_leases")
                (await _database.RefusalAsync(Caller.Relay, $"update {table} set tenant_id = tenant_id")).ShouldBe(Forbidden, table);
        }
        (await _database.ExecuteAsync(Caller.Relay, TenantSeed.InsertInto("crm_leases"), Guid.Empty)).ShouldBe(1);
        (await _database.ColumnAsync(Caller.Relay, "select tenant_id from crm_leases")).ShouldBe([$"{Guid.Empty}"]);
        (await _database.ExecuteAsync(Caller.Relay, "update crm_leases set fence = fence + 1")).ShouldBe(1);
        (await _database.RefusalAsync(Caller.Relay, "update crm_leases set tenant_id = $1", _a)).ShouldBe(Forbidden);
        (await _database.ExecuteAsync(Caller.Relay, "delete from crm_leases")).ShouldBe(1);
        (await _database.ScalarAsync<long>(Caller.Owner, "select count(*) from crm_leases where tenant_id in ($1, $2)", _a, _b)).ShouldBe(2);
    }

    [Fact]
    public async Task A_tenant_setting_does_not_widen_it()
    {
        (await _database.RefusalAsync(Caller.Relay.With("app.tenant_id", $"{_a}"), "select raw from crm_webhook_events")).ShouldBe(Forbidden);
        (await _database.RefusalAsync(Caller.Relay.With("app.tenant_id", $"{_a}"), "select * from crm_contacts")).ShouldBe(Forbidden);
    }
}
