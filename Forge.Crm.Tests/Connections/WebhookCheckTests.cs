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
        var (tenant, account, _) = await _fixture.ConnectedAsync(Platform.Pipedrive);
        var before = _fixture.Pipedrive.Account(account).Webhooks.All.Select(webhook => webhook.Id).ToList();

        await CheckAsync();

        _fixture.Pipedrive.Account(account).Webhooks.All.Select(webhook => webhook.Id).ShouldBe(before);
        (await JobsAsync(tenant)).ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_Pipedrive_deleted_is_made_again_and_everything_is_compared()
    {
        var (tenant, account, _) = await _fixture.ConnectedAsync(Platform.Pipedrive);
        var (other, _, _) = await _fixture.ConnectedAsync(Platform.Pipedrive);
        var webhooks = _fixture.Pipedrive.Account(account).Webhooks;
        var deal = webhooks.All.Single(webhook => webhook.Entity == "deal");
        (deal.RemovedFor, deal.RemovedAt) = ("no_successful_deliveries", TimeProvider.System.GetUtcNow());

        await CheckAsync();

        var made = webhooks.All.Single(webhook => webhook is { Entity: "deal", RemovedFor: null });
        (made.Url, made.AuthUser, made.AuthPassword).ShouldBe((deal.Url, deal.AuthUser, deal.AuthPassword));
        (await JobsAsync(tenant)).ShouldBe(["sweep|queued|webhook-check"]);
        (await JobsAsync(other)).ShouldBeEmpty();
        (await _fixture.Hub.RowsAsync("select session_id from local_bus.messages where session_id like '%:sync'")).ShouldBe([$"{tenant}:pipedrive:sync"]);
    }

    [Fact]
    public async Task One_whose_deliveries_are_refused_may_be_banned_and_everything_is_compared()
    {
        var (tenant, account, _) = await _fixture.ConnectedAsync(Platform.Pipedrive);
        _fixture.Pipedrive.Account(account).Webhooks.All[0].LastStatus = 503;
        await CheckAsync();
        (await JobsAsync(tenant)).ShouldBe(["sweep|queued|webhook-check"]);
        _fixture.Pipedrive.Account(account).Webhooks.All.Count.ShouldBe(6);
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
        var (refused, _, _) = await _fixture.ConnectedAsync(Platform.Pipedrive);
        var (tenant, account, _) = await _fixture.ConnectedAsync(Platform.Pipedrive);
        await _fixture.Secrets.SetAsync((await _fixture.SecretRefAsync(refused, Platform.Pipedrive))!, """{"apiToken":"gone"}""", CancellationToken.None);
        _fixture.Pipedrive.Account(account).Webhooks.All.ToList().ForEach(webhook => webhook.RemovedFor = "no_successful_deliveries");

        await CheckAsync();

        (await _fixture.ShownAsync(refused, Platform.Pipedrive)).GetProperty("state").GetString().ShouldBe("reauth_required");
        _fixture.Pipedrive.Account(account).Webhooks.All.Count(webhook => webhook.RemovedFor is null).ShouldBe(6);
        (await JobsAsync(tenant)).ShouldBe(["sweep|queued|webhook-check"]);
    }

    private async Task CheckAsync()
    {
        await _fixture.Hub.ExecuteAsync("delete from local_bus.messages");
        (await _fixture.Server.Get<TimedWork>().CheckWebhooksAsync(CancellationToken.None)).ShouldBeTrue();
    }

    private Task<List<string>> JobsAsync(TenantId tenant) =>
        _fixture.Hub.RowsAsync($"select mode, state, requested_by from crm_sync_jobs where tenant_id = '{tenant}'");
}
