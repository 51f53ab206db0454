namespace Forge.Crm.Tests.Schema;

/// <summary>The one question across tenants that the functions may ask: whose webhook is this?</summary>
public sealed class RouteTests : IAsyncLifetime
{
    private readonly Guid _a = Guid.NewGuid();
    private readonly Guid _b = Guid.NewGuid();

    private CrmDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _database = await CrmDatabase.CreateAsync();
        foreach (var (tenant, account, path) in new[] { (_a, "111", "path-a"), (_b, "222", "path-b") })
        {
            await _database.ExecuteAsync(Caller.App(tenant), TenantSeed.InsertInto("crm_tenants"), tenant);
            await _database.ExecuteAsync(
                Caller.App(tenant),
                "insert into crm_connections (tenant_id, platform, account_id, path_key, webhook_secret_ref) values ($1, 'hubspot', $2, $3, 'vault/' || $2)",
                tenant, account, path);
        }
        await _database.ExecuteAsync(Caller.App(_a), "insert into crm_sync_configs (tenant_id, platform, lanes) values ($1, 'hubspot', 4)", _a);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory, InlineData("111", null), InlineData(null, "path-a"), InlineData("ignored", "path-a")]
    public async Task An_account_or_a_path_leads_to_its_tenant(string? account, string? path)
    {
        var route = (await RouteAsync(Caller.App(null), "hubspot", account, path)).ShouldHaveSingleItem();
        route.ShouldBe([_a, route[1], "111", "vault/111", 4, true]);
    }

    [Fact]
    public async Task A_connection_without_settings_has_one_lane_and_is_not_enabled()
    {
        var route = (await RouteAsync(Caller.App(_a), "hubspot", "222", null)).ShouldHaveSingleItem();
        route[0].ShouldBe(_b);
        route[4..].ShouldBe([1, false]);
    }

    [Theory, InlineData("hubspot", "333", null), InlineData("pipedrive", "111", null), InlineData("pipedrive", null, "path-a"), InlineData("hubspot", null, null)]
    public async Task Anything_else_leads_nowhere(string platform, string? account, string? path) =>
        (await RouteAsync(Caller.App(null), platform, account, path)).ShouldBeEmpty();

    [Theory, InlineData("update crm_connections set state = 'paused'"), InlineData("update crm_tenants set state = 'suspended'")]
    public async Task A_paused_connection_or_a_suspended_tenant_is_not_found(string pause)
    {
        await _database.ExecuteAsync(Caller.App(_a), pause);
        (await RouteAsync(Caller.Relay, "hubspot", "111", null)).ShouldBeEmpty();
        (await RouteAsync(Caller.Relay, "hubspot", "222", null)).Count.ShouldBe(1);
    }

    private Task<List<object?[]>> RouteAsync(Caller caller, string platform, string? account, string? path) =>
        _database.QueryAsync(caller, "select * from crm_route($1, $2::text, $3::text)", platform, (object?)account ?? DBNull.Value, (object?)path ?? DBNull.Value);
}
