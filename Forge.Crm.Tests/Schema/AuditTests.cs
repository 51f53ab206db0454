namespace Forge.Crm.Tests.Schema;

/// <summary>History only grows, and changes of settings are in it.</summary>
public sealed class AuditTests : IAsyncLifetime
{
    private const string Forbidden = "42501";

    private readonly Guid _tenant = Guid.NewGuid();
    private CrmDatabase _database = null!;

    private Caller Functions => Caller.App(_tenant);

    public async Task InitializeAsync()
    {
        _database = await CrmDatabase.SharedAsync();
        await _database.ExecuteAsync(Functions, TenantSeed.InsertInto("crm_tenants"), _tenant);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("update crm_audit_log set new_value = 'x'")]
    [InlineData("update crm_audit_log set actor = actor")]
    [InlineData("delete from crm_audit_log")]
    [InlineData("truncate crm_audit_log")]
    [InlineData("truncate crm_audit_log cascade")]
    public async Task Not_even_a_superuser_who_owns_the_table_changes_it(string change)
    {
        await _database.ExecuteAsync(Functions, TenantSeed.InsertInto("crm_audit_log"), _tenant);
        (await _database.RefusalAsync(Caller.Owner, change)).ShouldBe(Forbidden);
        (await _database.RefusalAsync(Functions, change)).ShouldBe(Forbidden);
    }

    [Fact]
    public async Task The_erasers_role_cannot_be_taken_on_and_cannot_change_more_than_the_two_values()
    {
        await _database.ExecuteAsync(Functions, TenantSeed.InsertInto("crm_audit_log"), _tenant);
        (await _database.RefusalAsync(Functions, "set local role crm_eraser")).ShouldBe(Forbidden);
        (await _database.RefusalAsync(Functions.With("role", "none"), "set local session authorization crm_eraser")).ShouldBe(Forbidden);
        var eraser = new Caller("", "crm_eraser", Functions.Settings);
        (await _database.RefusalAsync(eraser, "update crm_audit_log set actor = 'somebody else'")).ShouldBe(Forbidden);
        (await _database.RefusalAsync(eraser, "delete from crm_audit_log")).ShouldBe(Forbidden);
    }

    [Theory]
    [InlineData("crm_note", "($1, 'contact', $1, 'f', 'set', '1', '2', now(), 'edit')")]
    [InlineData("crm_enqueue", "($1, 'contact', $1)")]
    public async Task The_functions_cannot_write_history_or_outbox_in_a_persons_name(string function, string arguments) =>
        (await _database.RefusalAsync(Functions, $"select {function}{arguments}", _tenant)).ShouldBe(Forbidden);

    [Fact]
    public async Task A_row_cannot_take_the_place_of_another() =>
        (await _database.RefusalAsync(
            Functions,
            "insert into crm_audit_log (tenant_id, id, kind, action, source, changed_at, cause) values ($1, 1, 'contact', 'set', 'hubspot', now(), 'event')",
            _tenant)).ShouldBe("428C9");

    [Fact]
    public async Task A_change_of_settings_is_written_down_with_what_changed()
    {
        await _database.ExecuteAsync(Functions, "insert into crm_sync_configs (tenant_id, platform, secret_ref) values ($1, 'hubspot', 'vault/one')", _tenant);
        await _database.ExecuteAsync(Functions.With("app.actor", "operator"), "update crm_sync_configs set direction = 'two_way', lanes = 4");
        var row = (await ConfiguredAsync("sync_config"))[^1];
        row.ShouldBe("""hubspot {"lanes": 1, "direction": "read"} -> {"lanes": 4, "direction": "two_way"} by operator, person""");
    }

    [Fact]
    public async Task What_the_sync_keeps_among_the_settings_is_no_change_of_settings()
    {
        await _database.ExecuteAsync(Functions, "insert into crm_sync_configs (tenant_id, platform) values ($1, 'hubspot')", _tenant);
        await _database.ExecuteAsync(Functions, "update crm_sync_configs set cursors = '{\"contact\":\"5\"}', reconciled_at = now(), sweep_wanted_at = now()");
        (await ConfiguredAsync("sync_config")).Length.ShouldBe(1);
    }

    [Fact]
    public async Task References_to_secrets_and_paths_of_webhooks_are_not_in_history()
    {
        await _database.ExecuteAsync(Functions, TenantSeed.InsertInto("crm_sync_configs"), _tenant);
        await _database.ExecuteAsync(Functions, TenantSeed.InsertInto("crm_connections"), _tenant);
        await _database.ExecuteAsync(Functions, "update crm_connections set path_key = 'another-path', webhook_secret_ref = 'vault/another'");
        await _database.ExecuteAsync(Functions, "update crm_sync_configs set secret_ref = 'vault/another'");
        await _database.ExecuteAsync(Functions, "delete from crm_connections");
        var rows = (await ConfiguredAsync("connection")).Concat(await ConfiguredAsync("sync_config")).ToList();
        rows.Count.ShouldBe(5);
        rows.ShouldAllBe(row => row.Contains("(hidden)", StringComparison.Ordinal));
        string.Concat(rows).ShouldNotContain("vault");
        string.Concat(rows).ShouldNotContain("path\": \"p");
        string.Concat(rows).ShouldNotContain("another");
    }

    [Fact]
    public async Task Rules_and_tenants_are_written_down_too()
    {
        await _database.ExecuteAsync(Functions, TenantSeed.InsertInto("crm_automation_rules"), _tenant);
        await _database.ExecuteAsync(Functions, "update crm_automation_rules set enabled = false");
        await _database.ExecuteAsync(Functions, "delete from crm_automation_rules");
        (await ConfiguredAsync("automation_rule")).Length.ShouldBe(3);
        (await ConfiguredAsync("tenant")).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Updated_at_moves_by_itself()
    {
        await _database.ExecuteAsync(Functions, "update crm_tenants set name = 'new', updated_at = '2001-01-01'");
        (await _database.ScalarAsync<bool>(Functions, "select updated_at > now() - interval '1 minute' from crm_tenants")).ShouldBeTrue();
    }

    private Task<string[]> ConfiguredAsync(string kind) => _database.ColumnAsync(
        Functions,
        "select concat_ws(' ', field, old_value, '->', new_value, 'by', actor || ',', cause) from crm_audit_log where action = 'configure' and kind = $1 order by id",
        kind);
}
