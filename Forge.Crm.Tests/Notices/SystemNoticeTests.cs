using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Timers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Forge.Crm.Tests.Notices;

/// <summary>States of the sync that a person must act on: the administrators are told once of each, and their tenant is rung for.</summary>
public sealed class SystemNoticeTests : IAsyncLifetime
{
    private TimerHub _hub = null!;
    private NoticeRings _notices = null!;
    private TenantId _tenant;

    public async Task InitializeAsync()
    {
        _hub = await TimerHub.CreateAsync();
        _notices = new(_hub.Rings, _hub.Hub.Tenant);
        _tenant = await _hub.AddTenantAsync("direction = 'two_way', state = 'live'");
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task A_connection_whose_credentials_are_refused_is_told_of_once_for_each_of_its_credentials()
    {
        var states = new SyncStates(_hub.Hub.Tenant, new(_hub.Hub.Tenant, TimeProvider.System, NullLogger<SyncConfigs>.Instance), notices: _notices);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => states.RequireReauthAsync(_tenant, Platform.HubSpot, CancellationToken.None)));
        (await NoticesAsync()).ShouldBe(["connection.reauth_required|HubSpot has to be connected again"]);
        await RungAsync();

        await _hub.Hub.ExecuteAsync($"update crm_sync_configs set state = 'live', secret_ref = 'another' where tenant_id = '{_tenant}'");
        var anew = new SyncStates(_hub.Hub.Tenant, new(_hub.Hub.Tenant, TimeProvider.System, NullLogger<SyncConfigs>.Instance), notices: _notices);
        await anew.RequireReauthAsync(_tenant, Platform.HubSpot, CancellationToken.None);
        (await NoticesAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Deletions_that_are_held_are_told_of_once_until_none_is_held_any_more()
    {
        await _hub.Hub.ExecuteAsync($"update crm_sync_configs set delete_limit = 1, delete_percent = 0 where tenant_id = '{_tenant}'");
        var deletions = new Deletions(_hub.Hub.Tenant, _notices);
        var rows = await DeletedAsync(5);
        (await HoldAsync(deletions, rows[..3])).ShouldBe(3);
        (await HoldAsync(deletions, rows[3..])).ShouldBe(2);
        (await NoticesAsync()).ShouldBe(["deletions.held|Deletions are held: 5 of the kind contact for HubSpot"]);
        await RungAsync();

        await _hub.Hub.ExecuteAsync($"delete from crm_outbox where tenant_id = '{_tenant}'");
        (await HoldAsync(deletions, await DeletedAsync(3))).ShouldBe(3);
        (await NoticesAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Work_that_the_bus_gave_up_is_told_of_once_a_day_and_rung_for_each_time()
    {
        var handler = new DeadLetterHandler(_hub.Rings, _hub.Metrics, TimeProvider.System, NullLogger<DeadLetterHandler>.Instance, _notices);
        for (var i = 0; i < 2; i++)
        {
            var letter = ServiceBusModelFactory.ServiceBusReceivedMessage(
                new BinaryData($$"""{"tenant":"{{_tenant}}","platform":"hubspot","lane":{{i}},"events":[]}"""), messageId: "x", sessionId: "x");
            await handler.RingPushesAgainAsync(letter, CancellationToken.None);
        }

        (await NoticesAsync()).ShouldBe(["bus.dead_letter|Work of the queue crm-pushes keeps failing"]);
        await RungAsync();
        (await _hub.Hub.RowsAsync("select session_id from local_bus.scheduled order by 1")).ShouldBe([$"{_tenant}:hubspot:0", $"{_tenant}:hubspot:1"]);

        await handler.RingNoticesAgainAsync(ServiceBusModelFactory.ServiceBusReceivedMessage(new BinaryData($$"""{"tenant":"{{_tenant}}"}"""), messageId: "x", sessionId: "x"), CancellationToken.None);
        (await NoticesAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_vault_that_does_not_show_credentials_is_told_of_once_a_day()
    {
        await _hub.Hub.ExecuteAsync($"update crm_sync_configs set secret_ref = 's' where tenant_id = '{_tenant}'");
        var database = _hub.Hub.Tenant;
        var sessions = new PlatformSessions(
            new(database, TimeProvider.System, NullLogger<SyncConfigs>.Instance), new(database), new SilentVault(), [new Fakes.FakeConnector(new(TimeProvider.System))], TimeProvider.System, _notices);
        for (var i = 0; i < 2; i++)
            (await sessions.OpenAsync(_tenant, Platform.HubSpot, CallLane.Webhook, CancellationToken.None)).ShouldBeNull();
        (await NoticesAsync()).ShouldBe(["vault.silent|The sync with HubSpot stands still: its credentials cannot be read"]);
        await RungAsync();
    }

    [Fact]
    public async Task The_relay_rings_for_what_is_due_and_nobody_rang_for()
    {
        var relay = new Adapters.Timers.Relay(_hub.Queries, _hub.Rings, _hub.Metrics, TimeProvider.System);
        var (later, sent, suspended) = (await _hub.AddTenantAsync(), await _hub.AddTenantAsync(), await _hub.AddTenantAsync());
        foreach (var (tenant, more) in new[]
        {
            (_tenant, "created_at = now() - interval '10 seconds'"), (later, "created_at = now() - interval '1 hour', due_at = now() + interval '1 minute'"),
            (sent, "created_at = now() - interval '1 hour', status = 'sent'"), (suspended, "created_at = now() - interval '1 hour'"),
        })
        {
            await _hub.Hub.ExecuteAsync($"""
                insert into crm_notices (tenant_id, dedupe_key, target, subject, body, cause) select '{tenant}', i, 'administrators', 's', 'b', 'test' from generate_series(1, 3) i;
                update crm_notices set {more} where tenant_id = '{tenant}'
                """);
        }

        await _hub.Hub.ExecuteAsync($"update crm_tenants set state = 'suspended' where tenant_id = '{suspended}'");
        await relay.RunAsync(CancellationToken.None);
        await relay.RunAsync(CancellationToken.None);
        (await _hub.RungAsync()).ShouldBe([_tenant.ToString()]);
        (await _hub.Queries.WaitingNoticesAsync(TimeSpan.FromMinutes(1), CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_sent_goes_after_a_month_what_failed_after_three_and_what_waits_never()
    {
        await _hub.Hub.ExecuteAsync($"""
            insert into crm_notices (tenant_id, dedupe_key, target, subject, body, cause, status, created_at, sent_at)
            select '{_tenant}', status || days, 'administrators', 's', 'b', 'test', status, now() - days * interval '1 day', case when status = 'sent' then now() - days * interval '1 day' end
              from unnest(array['pending', 'sent', 'failed']) status, unnest(array[29, 31, 91]) days
            """);
        (await new Pruning(_hub.Hub.Tenant, _hub.Queries).RunAsync(CancellationToken.None)).ShouldBe(3);
        (await _hub.Hub.RowsAsync("select dedupe_key from crm_notices order by 1")).ShouldBe(["failed29", "failed31", "pending29", "pending31", "pending91", "sent29"]);
    }

    private Task<List<string>> NoticesAsync() => _hub.Hub.RowsAsync($"select cause, subject from crm_notices where tenant_id = '{_tenant}' and target = 'administrators' order by created_at");

    private async Task RungAsync()
    {
        await Wait.UntilAsync(async () => (await _hub.Hub.RowsAsync("select session_id from local_bus.messages")).Contains(_tenant.ToString()), "nobody rang for the notice");
        await _hub.RungAsync();
    }

    private async Task<int> HoldAsync(Deletions deletions, IReadOnlyList<QueuedPush> rows) =>
        (await deletions.HoldAsync(new(_tenant, Platform.HubSpot, 0), RecordKind.Contact, rows, CancellationToken.None)).Count;

    private async Task<List<QueuedPush>> DeletedAsync(int count)
    {
        await _hub.Hub.ExecuteAsync($"""
            with made as (insert into crm_contacts (tenant_id, id, deleted_at) select '{_tenant}', gen_random_uuid(), now() from generate_series(1, {count}) returning id)
            insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state_at) select '{_tenant}', 'hubspot', 'contact', id::text, id, now() from made;
            insert into crm_outbox (tenant_id, platform, kind, record_id, cause)
            select '{_tenant}', 'hubspot', 'contact', id, 'edit' from crm_contacts c
             where tenant_id = '{_tenant}' and not exists (select from crm_deletions d where d.record_id = c.id) on conflict do nothing;
            """);
        var ids = await _hub.Hub.RowsAsync($"select record_id from crm_outbox where tenant_id = '{_tenant}' and status = 'pending' order by queued_at desc limit {count}");
        var rows = new List<QueuedPush>();
        foreach (var id in ids)
        {
            var queued = await _hub.Hub.ScalarAsync<DateTime>($"select queued_at from crm_outbox where record_id = '{id}'");
            rows.Add(new(RecordKind.Contact, Guid.Parse(id), await _hub.Hub.ScalarAsync<long>($"select version from crm_outbox where record_id = '{id}'"), new(queued, TimeSpan.Zero), 1));
        }

        return rows;
    }

    private sealed class SilentVault : ISecretStore
    {
        public Task<string?> GetAsync(string name, CancellationToken ct) => throw new SecretUnavailableException("silent");

        public Task SetAsync(string name, string value, CancellationToken ct) => Task.CompletedTask;

        public Task DeleteAsync(string name, CancellationToken ct) => Task.CompletedTask;
    }
}
