using Forge.Crm.Adapters.Sync;
using Forge.Crm.Adapters.Timers;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Forge.Crm.Tests.Timers;

public sealed class ReconciliationTests : IAsyncLifetime
{
    private const string Recently = "reconciled_at = now() - interval '14 minutes', state = 'live'";
    private const string LongAgo = "reconciled_at = now() - interval '16 minutes', state = 'live'";

    private TimerHub _hub = null!;
    private Reconciliation _reconciliation = null!;

    public async Task InitializeAsync()
    {
        _hub = await TimerHub.CreateAsync();
        _reconciliation = new(
            _hub.Queries, _hub.Hub.Tenant, new JobStore(_hub.Hub.Tenant), _hub.Rings, TimeProvider.System, NullLogger<Reconciliation>.Instance);
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task What_is_due_gets_a_job_and_a_ring_and_what_is_not_does_not()
    {
        var (fresh, due, early) = (await _hub.AddTenantAsync(), await _hub.AddTenantAsync(LongAgo), await _hub.AddTenantAsync(Recently));
        var (off, paused, writing) = (
            await _hub.AddTenantAsync("enabled = false"), await _hub.AddTenantAsync("state = 'paused'"), await _hub.AddTenantAsync("direction = 'write'"));
        await SweptAsync(due);

        await _reconciliation.RunAsync(CancellationToken.None);
        await _reconciliation.RunAsync(CancellationToken.None);

        (await _hub.Hub.RowsAsync("select tenant_id, mode, state, requested_by from crm_sync_jobs where state = 'queued' order by mode"))
            .ShouldBe([$"{due}|incremental|queued|timer", $"{fresh}|initial|queued|timer"]);
        (await _hub.RungAsync()).ShouldBe(new[] { $"{due}:hubspot:sync", $"{fresh}:hubspot:sync" }.Order(StringComparer.Ordinal));
        new[] { early, off, paused, writing }.ShouldNotContain(fresh);
    }

    [Fact]
    public async Task What_waits_for_its_match_plan_gets_no_job_and_what_was_approved_gets_its_first_load()
    {
        await _hub.AddTenantAsync("match_state = 'needed'");
        await _hub.AddTenantAsync("match_state = 'ready'");
        var filled = await _hub.AddTenantAsync();
        await _hub.Hub.ExecuteAsync($"insert into crm_contacts (tenant_id, email) values ('{filled}', 'ann@example.com')");
        var approved = await _hub.AddTenantAsync("match_state = 'approved'");

        await _reconciliation.RunAsync(CancellationToken.None);

        (await _hub.Hub.RowsAsync("select tenant_id, mode, cursor ->> 'isPlanned' from crm_sync_jobs")).ShouldBe([$"{approved}|initial|true"]);
        (await _hub.Hub.ScalarAsync<string>($"select match_state from crm_sync_configs where tenant_id = '{filled}'")).ShouldBe("needed");
    }

    [Fact]
    public async Task The_first_job_of_the_night_is_a_sweep_and_the_next_one_is_not()
    {
        var tenant = await _hub.AddTenantAsync(LongAgo);
        await _reconciliation.RunAsync(CancellationToken.None);
        (await ModesAsync(tenant)).ShouldBe(["sweep"]);

        await _hub.Hub.ExecuteAsync($"update crm_sync_jobs set state = 'done' where tenant_id = '{tenant}'");
        await _reconciliation.RunAsync(CancellationToken.None);
        (await ModesAsync(tenant)).ShouldBe(["sweep", "incremental"]);
    }

    [Fact]
    public async Task What_webhooks_did_not_tell_is_swept_for_once_no_other_job_is_under_way()
    {
        var tenant = await _hub.AddTenantAsync($"{LongAgo}, sweep_wanted_at = now() + interval '1 hour'");
        await SweptAsync(tenant);
        await _reconciliation.RunAsync(CancellationToken.None);
        await _hub.Hub.ExecuteAsync("update crm_sync_configs set sweep_wanted_at = now()");
        await _reconciliation.RunAsync(CancellationToken.None);
        (await ModesAsync(tenant)).ShouldBe(["sweep", "incremental"]);

        for (var i = 0; i < 2; i++)
        {
            await _hub.Hub.ExecuteAsync("update crm_sync_jobs set state = 'done'");
            await _reconciliation.RunAsync(CancellationToken.None);
        }

        (await ModesAsync(tenant)).ShouldBe(["sweep", "incremental", "sweep", "incremental"]);
    }

    [Theory]
    [InlineData("2026-05-04T12:00:00Z", "UTC", "2026-05-04T02:00:00Z")]
    [InlineData("2026-05-04T01:59:59Z", "UTC", "2026-05-03T02:00:00Z")]
    [InlineData("2026-05-04T12:00:00Z", "America/New_York", "2026-05-04T06:00:00Z")]
    [InlineData("2026-05-04T12:00:00Z", "Asia/Kathmandu", "2026-05-03T20:15:00Z")]
    [InlineData("2026-03-08T12:00:00Z", "America/New_York", "2026-03-08T07:00:00Z")]
    [InlineData("2026-05-04T12:00:00Z", "Middle/Earth", "2026-05-04T02:00:00Z")]
    public void The_last_night_is_the_tenants_own(string now, string zone, string night) =>
        Reconciliation.LastNight(At(now), zone).ShouldBe(At(night));

    [Fact]
    public async Task Forty_timers_on_two_instances_start_one_job()
    {
        var tenant = await _hub.AddTenantAsync();
        var others = new Reconciliation(
            _hub.Queries, _hub.Hub.Tenant, new JobStore(_hub.Hub.Tenant), _hub.Rings, new FakeTimeProvider(TimeProvider.System.GetUtcNow()),
            NullLogger<Reconciliation>.Instance);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => (i % 2 == 0 ? _reconciliation : others).RunAsync(CancellationToken.None)));
        (await ModesAsync(tenant)).ShouldBe(["initial"]);
        (await _hub.RungAsync()).ShouldBe([$"{tenant}:hubspot:sync"]);
    }

    private Task SweptAsync(TenantId tenant) => _hub.Hub.ExecuteAsync($"""
        insert into crm_sync_jobs (tenant_id, platform, mode, kinds, state, requested_by) values ('{tenant}', 'hubspot', 'sweep', array['contact'], 'done', 'timer')
        """);

    private Task<List<string>> ModesAsync(TenantId tenant) =>
        _hub.Hub.RowsAsync($"select mode from crm_sync_jobs where tenant_id = '{tenant}' order by created_at");

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
