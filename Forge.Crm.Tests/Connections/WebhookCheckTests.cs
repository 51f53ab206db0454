using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Timers;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Connections;

/// <summary>The daily look at webhooks that a platform may have taken away.</summary>
public sealed class WebhookCheckTests : IAsyncLifetime
{
    private readonly ConnectionFixture _fixture = new();

    public Task InitializeAsync() => _fixture.InitializeAsync();

    public Task DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Webhooks_that_are_there_and_heard_are_left_alone()
    {
        var (tenant, account) = await LoadedAsync();
        var before = _fixture.Pipedrive.Account(account).Webhooks.All.Select(webhook => webhook.Id).ToList();

        await CheckAsync();

        _fixture.Pipedrive.Account(account).Webhooks.All.Select(webhook => webhook.Id).ShouldBe(before);
        (await IsSweepWantedAsync(tenant)).ShouldBeFalse();
    }

    [Fact]
    public async Task One_that_Pipedrive_deleted_is_made_again_and_everything_is_compared()
    {
        var (tenant, account) = await LoadedAsync();
        var (other, _) = await LoadedAsync();
        var webhooks = _fixture.Pipedrive.Account(account).Webhooks;
        var deal = webhooks.All.Single(webhook => webhook.Entity == "deal");
        (deal.RemovedFor, deal.RemovedAt) = ("no_successful_deliveries", TimeProvider.System.GetUtcNow());

        await CheckAsync();

        var made = webhooks.All.Single(webhook => webhook is { Entity: "deal", RemovedFor: null });
        (made.Url, made.AuthUser, made.AuthPassword).ShouldBe((deal.Url, deal.AuthUser, deal.AuthPassword));
        (await _fixture.Server.Get<TimedWork>().ReconcileAsync(CancellationToken.None)).ShouldBeTrue();
        (await JobsAsync(tenant)).ShouldBe(["sweep|queued|timer"]);
        (await JobsAsync(other)).ShouldBe(["incremental|queued|timer"]);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(301)]
    [InlineData(0)] // nobody answered
    public async Task One_whose_deliveries_fail_may_be_banned_and_everything_is_compared_once_that_is_over(int status)
    {
        var (tenant, account) = await LoadedAsync();
        _fixture.Pipedrive.Account(account).Webhooks.All[0].LastStatus = status;
        await CheckAsync();
        (await IsSweepWantedAsync(tenant)).ShouldBeFalse();
        (await IsSweepWantedAsync(tenant, "interval '30 minutes'")).ShouldBeTrue();
        _fixture.Pipedrive.Account(account).Webhooks.All.Count.ShouldBe(6);
    }

    [Fact]
    public async Task Many_retries_write_the_wish_for_a_sweep_once_a_minute()
    {
        var (tenant, _) = await LoadedAsync();
        var states = _fixture.Server.Get<SyncStates>();
        Task WantAsync() => states.WantSweepAsync(tenant, Platform.Pipedrive, mayGoOn: true, CancellationToken.None);
        async Task<string> WantedAsync() => (await _fixture.Hub.RowsAsync($"select sweep_wanted_at::text from crm_sync_configs where tenant_id = '{tenant}'"))[0];
        await WantAsync();
        var wanted = await WantedAsync();
        await WantAsync();
        (await WantedAsync()).ShouldBe(wanted);
        await _fixture.Hub.ExecuteAsync($"update crm_sync_configs set sweep_wanted_at = sweep_wanted_at - interval '1 minute' where tenant_id = '{tenant}'");
        await WantAsync();
        string.CompareOrdinal(await WantedAsync(), wanted).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task One_whose_making_fails_is_still_known_to_have_been_missing()
    {
        var (tenant, account) = await LoadedAsync();
        _fixture.Pipedrive.Account(account).Webhooks.All[0].RemovedFor = "no_successful_deliveries";
        _fixture.Pipedrive.Faults.FailNext("/v1/webhooks", new() { Method = "POST", DropConnection = true, AfterWork = true });
        await CheckAsync();
        _fixture.Pipedrive.Account(account).Webhooks.All.Count(webhook => webhook.RemovedFor is null).ShouldBe(6);
        (await IsSweepWantedAsync(tenant)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_tenant_that_waits_for_its_match_plan_or_cannot_be_checked_ends_no_other_tenants_check()
    {
        var tenants = new List<(TenantId Tenant, long Account)>();
        for (var i = 0; i < 4; i++)
            tenants.Add(await LoadedAsync());
        foreach (var (_, account) in tenants)
            _fixture.Pipedrive.Account(account).Webhooks.All.ToList().ForEach(webhook => webhook.RemovedFor = "no_successful_deliveries");
        await _fixture.Hub.ExecuteAsync($"update crm_sync_configs set match_state = 'needed', state = 'connected' where tenant_id = '{tenants[0].Tenant}'");
        await _fixture.Secrets.SetAsync(
            (await _fixture.Hub.ScalarAsync<string>($"select webhook_secret_ref from crm_connections where tenant_id = '{tenants[1].Tenant}'"))!, "{not json", CancellationToken.None);

        await CheckAsync();

        var wanted = new List<bool>();
        foreach (var (tenant, _) in tenants)
            wanted.Add(await IsSweepWantedAsync(tenant));
        wanted.ShouldBe([true, false, true, true]);
    }

    [Fact]
    public async Task A_webhook_whose_making_was_carried_out_and_not_answered_is_not_made_twice()
    {
        var tenant = await _fixture.Hub.AddTenantAsync();
        var (account, token) = _fixture.NewAccount(Platform.Pipedrive);
        _fixture.Pipedrive.Faults.FailNext("/v1/webhooks", new() { Method = "POST", DropConnection = true, AfterWork = true });
        (await _fixture.SendAsync(tenant, "POST", "connections/pipedrive", $$"""{"token":"{{token}}"}""")).Status.ShouldBe(200);

        await CheckAsync();

        _fixture.Pipedrive.Account(account).Webhooks.All.Select(webhook => webhook.Entity).Order().ShouldBe(["activity", "deal", "lead", "note", "organization", "person"]);
    }

    [Fact]
    public async Task Refused_credentials_stop_the_connection_and_no_other_tenants_check()
    {
        var (refused, _) = await LoadedAsync();
        var (tenant, account) = await LoadedAsync();
        await _fixture.Secrets.SetAsync((await _fixture.SecretRefAsync(refused, Platform.Pipedrive))!, """{"apiToken":"gone"}""", CancellationToken.None);
        _fixture.Pipedrive.Account(account).Webhooks.All.ToList().ForEach(webhook => webhook.RemovedFor = "no_successful_deliveries");

        await CheckAsync();

        (await _fixture.ShownAsync(refused, Platform.Pipedrive)).GetProperty("state").GetString().ShouldBe("reauth_required");
        _fixture.Pipedrive.Account(account).Webhooks.All.Count(webhook => webhook.RemovedFor is null).ShouldBe(6);
        (await IsSweepWantedAsync(tenant)).ShouldBeTrue();
    }

    private async Task CheckAsync()
    {
        await _fixture.Hub.ExecuteAsync("delete from local_bus.messages");
        (await _fixture.Server.Get<TimedWork>().CheckWebhooksAsync(CancellationToken.None)).ShouldBeTrue();
    }

    /// <summary>As after its first load, which read whatever was told to nobody before.</summary>
    private async Task<(TenantId Tenant, long Account)> LoadedAsync()
    {
        var (tenant, account, _) = await _fixture.ConnectedAsync(Platform.Pipedrive);
        await _fixture.Hub.ExecuteAsync($"""
            update crm_sync_configs set state = 'live', sweep_wanted_at = null where tenant_id = '{tenant}';
            insert into crm_sync_jobs (tenant_id, platform, mode, kinds, state, requested_by) values ('{tenant}', 'pipedrive', 'initial', array['contact'], 'done', 'timer');
            """);
        return (tenant, account);
    }

    private Task<bool> IsSweepWantedAsync(TenantId tenant, string within = "interval '0'") => _fixture.Hub.ScalarAsync<bool>(
        $"select coalesce(sweep_wanted_at <= clock_timestamp() + {within}, false) from crm_sync_configs where tenant_id = '{tenant}'");

    private Task<List<string>> JobsAsync(TenantId tenant) =>
        _fixture.Hub.RowsAsync($"select mode, state, requested_by from crm_sync_jobs where tenant_id = '{tenant}' and state <> 'done'");
}
