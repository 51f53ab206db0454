using System.Diagnostics.Metrics;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Timers;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Time.Testing;

namespace Forge.Crm.Tests.Timers;

public sealed class RelayTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new();
    private TimerHub _hub = null!;
    private Relay _relay = null!;

    public async Task InitializeAsync()
    {
        _hub = await TimerHub.CreateAsync();
        _relay = new(_hub.Queries, _hub.Rings, _hub.Metrics, _clock);
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task Lanes_with_old_events_are_rung_for_once_each_and_others_are_not()
    {
        var (a, b) = (await _hub.AddTenantAsync(), await _hub.AddTenantAsync());
        for (var i = 0; i < 20; i++)
            await _hub.AddEventAsync(a, $"{i}", lane: i % 3);
        await _hub.AddEventAsync(b, "fresh", more: "received_at = now()");
        await _hub.AddEventAsync(b, "applied", lane: 1, more: "status = 'applied', received_at = now() - interval '1 hour'");
        await _hub.AddEventAsync(b, "later", lane: 2, more: "next_attempt_at = now() + interval '1 minute', received_at = now() - interval '1 hour'");
        await _hub.AddEventAsync(b, "due", lane: 3, more: "next_attempt_at = now() - interval '1 second', received_at = now() - interval '1 hour'");

        await _relay.RunAsync(CancellationToken.None);

        (await _hub.RungAsync()).ShouldBe(new[] { Lane(a, 0), Lane(a, 1), Lane(a, 2), Lane(b, 3) }.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("enabled = false")]
    [InlineData("state = 'paused'")]
    [InlineData("state = 'reauth_required'")]
    [InlineData("match_state = 'needed'")]
    [InlineData("match_state = 'approved'")]
    public async Task What_cannot_be_worked_on_is_not_rung_for(string settings)
    {
        await _hub.AddEventAsync(await _hub.AddTenantAsync(settings), "1");
        await _relay.RunAsync(CancellationToken.None);
        (await _hub.RungAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Lanes_of_the_outbox_with_old_pushes_are_rung_for_in_the_queue_of_pushes()
    {
        var (a, b) = (await _hub.AddTenantAsync("direction = 'two_way'"), await _hub.AddTenantAsync("direction = 'write'"));
        foreach (var lane in new[] { 0, 0, 2 })
            await _hub.AddPushesAsync(a, 5, lane);
        await _hub.AddPushesAsync(b, lane: 0, more: "queued_at = now()");
        await _hub.AddPushesAsync(b, lane: 1, more: "status = 'failed', queued_at = now() - interval '1 hour'");
        await _hub.AddPushesAsync(b, lane: 2, more: "next_attempt_at = now() + interval '1 minute', queued_at = now() - interval '1 hour'");
        await _hub.AddPushesAsync(b, lane: 3, more: "next_attempt_at = now() - interval '1 second', queued_at = now() - interval '1 hour'");

        await _relay.RunAsync(CancellationToken.None);
        await _relay.RunAsync(CancellationToken.None);

        (await _hub.Hub.RowsAsync("select distinct name from local_bus.messages join local_bus.queues on id = queue_id")).ShouldBe([Queues.Pushes]);
        (await _hub.RungAsync()).ShouldBe(new[] { Lane(a, 0), Lane(a, 2), Lane(b, 3) }.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("direction = 'read'")]
    [InlineData("direction = 'two_way', enabled = false")]
    [InlineData("direction = 'two_way', state = 'paused'")]
    [InlineData("direction = 'write', state = 'reauth_required'")]
    public async Task What_cannot_be_pushed_is_not_rung_for(string settings)
    {
        await _hub.AddPushesAsync(await _hub.AddTenantAsync(settings));
        await _relay.RunAsync(CancellationToken.None);
        (await _hub.RungAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task How_the_outbox_stands_is_measured_twice_a_minute_over_all_tenants()
    {
        var (a, b, paused) = (await _hub.AddTenantAsync("direction = 'two_way'"), await _hub.AddTenantAsync("direction = 'write'"), await _hub.AddTenantAsync("direction = 'two_way', state = 'paused'"));
        await _hub.AddPushesAsync(a, 2, more: "queued_at = now() - interval '90 seconds'");
        await _hub.AddPushesAsync(b, 3, more: "status = 'failed'");
        await _hub.AddPushesAsync(paused, 1, more: "queued_at = now() - interval '1 day'");
        var (rows, oldest) = (new List<string>(), new List<double>());
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, _hub.Meters))
                meters.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name == "forge.outbox.rows")
                rows.Add($"{tags[0].Value} {tags[1].Value} {value}");
        });
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => oldest.Add(value));
        listener.Start();

        await _relay.RunAsync(CancellationToken.None);
        await _relay.RunAsync(CancellationToken.None);

        rows.ShouldBe(["hubspot pending 3", "hubspot failed 3", "hubspot held 0"]);
        oldest.ShouldHaveSingleItem().ShouldBeInRange(90, 120);

        _clock.Advance(TimeSpan.FromSeconds(31));
        await _relay.RunAsync(CancellationToken.None);
        oldest.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Changes_and_pushes_of_a_lane_are_two_rings()
    {
        var tenant = await _hub.AddTenantAsync("direction = 'two_way'");
        await _hub.AddEventAsync(tenant, "1");
        await _hub.AddPushesAsync(tenant);
        await _relay.RunAsync(CancellationToken.None);
        (await _hub.RungAsync()).ShouldBe([Lane(tenant, 0), Lane(tenant, 0)]);
    }

    [Fact]
    public async Task A_lane_that_was_rung_for_is_left_alone_for_half_a_minute()
    {
        var tenant = await _hub.AddTenantAsync();
        await _hub.AddEventAsync(tenant, "1");
        await _relay.RunAsync(CancellationToken.None);
        await _relay.RunAsync(CancellationToken.None);
        (await _hub.RungAsync()).ShouldBe([Lane(tenant, 0)]);

        _clock.Advance(TimeSpan.FromSeconds(31));
        await _relay.RunAsync(CancellationToken.None);
        (await _hub.RungAsync()).ShouldBe([Lane(tenant, 0)]);
    }

    [Fact]
    public async Task A_running_job_that_has_not_moved_for_a_minute_is_rung_for_with_its_step()
    {
        var (still, moving, paused) = (await _hub.AddTenantAsync(), await _hub.AddTenantAsync(), await _hub.AddTenantAsync());
        foreach (var (tenant, state) in new[] { (still, "running"), (moving, "queued"), (paused, "paused") })
        {
            await _hub.Hub.ExecuteAsync($"""
                insert into crm_sync_jobs (tenant_id, platform, mode, kinds, state, step, requested_by, updated_at)
                values ('{tenant}', 'hubspot', 'initial', array['contact'], '{state}', 42, 'timer', now() - interval '{(tenant == moving ? 5 : 90)} seconds')
                """);
        }

        await _relay.RunAsync(CancellationToken.None);

        (await _hub.Hub.RowsAsync("select convert_from(body, 'utf8')::json->>'step' from local_bus.messages")).ShouldBe(["42"]);
        (await _hub.RungAsync()).ShouldBe([$"{still}:hubspot:sync"]);
    }

    [Fact]
    public async Task Waiting_lanes_are_found_by_index_however_long_the_backlog()
    {
        var tenant = await _hub.AddTenantAsync();
        await _hub.Hub.ExecuteAsync($"""
            insert into crm_webhook_events (tenant_id, platform, event_key, raw, change, lane, received_at)
            select '{tenant}', 'hubspot', i::text, '', 'changed', i % 4, now() - interval '1 hour' from generate_series(1, 20000) i;
            analyze crm_webhook_events;
            """);
        (await _hub.Queries.WaitingLanesAsync(TimeSpan.FromSeconds(3), CancellationToken.None)).Count.ShouldBe(4);
        (await _hub.Hub.ScalarAsync<long>("select coalesce(sum(seq_tup_read), 0)::bigint from pg_stat_user_tables where relname = 'crm_webhook_events'"))
            .ShouldBeLessThan(100_000);
    }

    [Fact]
    public async Task Waiting_pushes_are_found_by_index_however_long_the_backlog()
    {
        var tenant = await _hub.AddTenantAsync("direction = 'two_way'");
        for (var lane = 0; lane < 4; lane++)
            await _hub.AddPushesAsync(tenant, 5_000, lane);
        await _hub.Hub.ExecuteAsync("analyze crm_outbox");

        (await _hub.Queries.WaitingPushesAsync(TimeSpan.FromSeconds(3), CancellationToken.None)).Count.ShouldBe(4);

        var plan = string.Join('\n', await _hub.Hub.RowsAsync("explain " + RelayQueries.WaitingPushes.Replace("$1", "interval '3 seconds'", StringComparison.Ordinal)));
        plan.ShouldContain("ix_crm_outbox_lane");
        plan.ShouldNotContain("Seq Scan on crm_outbox");
    }

    private static string Lane(TenantId tenant, int number) => $"{tenant}:hubspot:{number}";
}
