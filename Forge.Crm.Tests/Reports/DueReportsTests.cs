using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Timers;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Forge.Crm.Tests.Reports;

public sealed class DueReportsTests : IAsyncLifetime
{
    private ReportBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ReportBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Every_tenants_day_begins_at_its_own_midnight()
    {
        _bed.Clock.AdjustTime(new(2026, 11, 25, 0, 0, 30, TimeSpan.Zero));
        var tenants = new Dictionary<string, string>
        {
            ["UTC"] = "2026-11-25",
            ["America/New_York"] = "2026-11-24",
            ["Asia/Seoul"] = "2026-11-25",
            ["Asia/Kathmandu"] = "2026-11-25",
            ["Middle/Earth"] = "2026-11-25",
        };
        foreach (var (zone, date) in tenants)
        {
            var tenant = await _bed.TenantAsync(zone);
            await _bed.DealAsync(tenant, 0);
            await _bed.Timed.TakePipelineAsync(CancellationToken.None);
            (await DatesAsync(tenant)).ShouldBe([date], zone);
        }
    }

    [Fact]
    public async Task A_snapshot_is_taken_when_its_day_begins_once_more_when_everything_of_that_moment_is_committed_and_not_again()
    {
        var tenant = await _bed.TenantAsync();
        await _bed.DealAsync(tenant, 0);
        _bed.Clock.AdjustTime(new(2026, 11, 25, 0, 0, 30, TimeSpan.Zero));
        (await _bed.Timed.TakePipelineAsync(CancellationToken.None)).ShouldBe(1);

        await _bed.DealAsync(tenant, 1, created: "2026-11-24 23:59:59Z"); // its transaction was open at midnight
        _bed.Clock.Advance(TimeSpan.FromMinutes(15));
        (await _bed.Timed.TakePipelineAsync(CancellationToken.None)).ShouldBe(1);
        (await DatesAsync(tenant)).ShouldBe(["2026-11-25", "2026-11-25"]);

        await _bed.Hub.ExecuteAsync($"delete from crm_pipeline_snapshots where tenant_id = '{tenant}'");
        _bed.Clock.Advance(TimeSpan.FromHours(23));
        (await _bed.Timed.TakePipelineAsync(CancellationToken.None)).ShouldBe(0);
    }

    [Fact]
    public async Task Days_that_were_missed_are_taken_as_they_were()
    {
        var tenant = await _bed.TenantAsync("Asia/Seoul");
        var deal = await _bed.DealAsync(tenant, 0, 100m);
        await _bed.Timed.TakePipelineAsync(CancellationToken.None);
        await _bed.Timed.TakeForecastAsync(CancellationToken.None);
        await _bed.SetAsync(tenant, deal, "amount", "'100'", "200", "2026-11-26 14:59:59Z");
        await _bed.SetAsync(tenant, deal, "amount", "'200'", "300", "2026-11-26 15:00:00Z"); // the 27th has just begun

        _bed.Clock.AdjustTime(new(2026, 11, 28, 15, 0, 30, TimeSpan.Zero));
        await _bed.Timed.TakePipelineAsync(CancellationToken.None);
        await _bed.Timed.TakeForecastAsync(CancellationToken.None);

        (await _bed.PipelineAsync(tenant, "total_value")).ShouldBe(
        [
            "2026-11-25|Meeting|USD|100.0000", "2026-11-26|Meeting|USD|100.0000", "2026-11-27|Meeting|USD|200.0000", "2026-11-28|Meeting|USD|300.0000",
            "2026-11-29|Meeting|USD|300.0000",
        ]);
        (await _bed.Hub.RowsAsync($"""
            select as_of::text, pipeline from crm_revenue_forecast_history where tenant_id = '{tenant}' and forecast_month = '2026-12-01' order by 1
            """)).ShouldBe(["2026-11-25|100.0000", "2026-11-26|100.0000", "2026-11-27|200.0000", "2026-11-28|300.0000", "2026-11-29|300.0000"]);
    }

    [Fact]
    public async Task The_current_week_follows_what_happens_and_stays_open_for_a_day_after_its_end()
    {
        var tenant = await _bed.TenantAsync();
        var owner = ReportBed.Owner(tenant, 1);
        Task Call(string at, string created) =>
            _bed.RecordAsync(tenant, "activity", "crm_activities", created, $"type = 'call', occurred_at = '{at}', owner_id = {owner}");
        await Call("2026-11-24 10:00Z", "2026-11-24 10:00Z");
        await TakeAsync(25, 11);
        (await WeeksAsync(tenant)).ShouldBe(["2026-11-23|1"]);

        await Call("2026-11-25 12:00Z", "2026-11-25 12:00Z");
        await TakeAsync(25, 13);
        (await WeeksAsync(tenant)).ShouldBe(["2026-11-23|2"]);

        await Call("2026-11-27 12:00Z", "2026-11-30 09:00Z"); // a call of Friday that is logged on Monday
        await Call("2026-11-28 12:00Z", "2026-12-01 00:00Z"); // too late
        await TakeAsync(30, 10);
        (await WeeksAsync(tenant)).ShouldBe(["2026-11-23|3"]);
        await TakeAsync(30, 10);
        await Call("2026-12-01 12:00Z", "2026-12-01 12:00Z");
        _bed.Clock.AdjustTime(new(2026, 12, 1, 13, 0, 0, TimeSpan.Zero));
        await _bed.Timed.TakeActivitiesAsync(CancellationToken.None);
        (await WeeksAsync(tenant)).ShouldBe(["2026-11-23|3", "2026-11-30|1"]);
        (await _bed.Hub.RowsAsync($"select taken_through::text from crm_report_runs where tenant_id = '{tenant}' and report = 'activities'")).ShouldBe(["2026-11-23"]);

        (await _bed.TakeAsync(_bed.Activities, tenant, "2026-11-23")).ShouldBe(0);
    }

    [Fact]
    public async Task A_tenant_whose_report_fails_keeps_no_other_from_its_own_and_gets_it_when_it_is_mended()
    {
        var (bad, good) = (await _bed.TenantAsync(), await _bed.TenantAsync());
        await _bed.ChangeTenantAsync(bad, "settings", "'{}'::jsonb", """'{"reports": 7}'""", "2026-11-24 12:00Z");

        await _bed.Timed.TakeForecastAsync(CancellationToken.None);
        (await _bed.Hub.RowsAsync("select distinct tenant_id from crm_revenue_forecasts where tenant_id <> '" + _bed.Hub.Id + "'")).ShouldBe([$"{good}"]);

        await _bed.ChangeTenantAsync(bad, "settings", """'{"reports": 7}'::jsonb""", "'{}'", "2026-11-25 10:00Z");
        await _bed.Timed.TakeForecastAsync(CancellationToken.None);
        (await _bed.Hub.ScalarAsync<long>($"select count(*) from crm_revenue_forecasts where tenant_id = '{bad}'")).ShouldBe(13);
    }

    [Fact]
    public async Task Forty_timers_on_two_instances_take_it_once()
    {
        var tenant = await _bed.TenantAsync();
        await _bed.DealAsync(tenant, 0);
        await using var one = NpgsqlDataSource.Create(_bed.Hub.RelayConnectionString);
        await using var other = NpgsqlDataSource.Create(_bed.Hub.RelayConnectionString);
        var works = new[] { one, other }.Select(Work).ToList();

        foreach (var take in new Func<TimedWork, Task<bool>>[]
        {
            work => work.TakePipelineSnapshotsAsync(CancellationToken.None), work => work.TakeActivitySummariesAsync(CancellationToken.None),
            work => work.TakeRevenueForecastsAsync(CancellationToken.None),
        })
            (await Task.WhenAll(Enumerable.Range(0, 40).Select(i => take(works[i % 2])))).Count(isMine => isMine).ShouldBe(1);
        (await _bed.PipelineAsync(tenant)).ShouldBe(["2026-11-25|Meeting|USD|1|100.0000|20.0000"]);
    }

    [Fact]
    public async Task Two_workers_at_once_leave_what_one_leaves()
    {
        var tenant = await _bed.TenantAsync();
        for (var i = 0; i < 20; i++)
            await _bed.DealAsync(tenant, i % 2, more: $"owner_id = {ReportBed.Owner(tenant, i % 3)}");

        var rows = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-25")));
        rows.Order().ShouldBe([0, 0, 0, 0, 0, 0, 0, 2]);
        (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _bed.TakeAsync(_bed.Forecast, tenant, "2026-11-25")))).Sum().ShouldBe(13);
    }

    private async Task TakeAsync(int day, int hour)
    {
        _bed.Clock.AdjustTime(new(2026, 11, day, hour, 0, 0, TimeSpan.Zero));
        await _bed.Timed.TakeActivitiesAsync(CancellationToken.None);
    }

    private TimedWork Work(NpgsqlDataSource relay) => new(
        new(new RelayDatabase(relay), TimeProvider.System, NullLogger<Leases>.Instance), null!, null!, _bed.Timed, null!, null!, null!, null!, null!);

    private async Task<List<string>> DatesAsync(TenantId tenant) => [.. (await _bed.PipelineAsync(tenant)).Select(row => row.Split('|')[0])];

    private Task<List<string>> WeeksAsync(TenantId tenant) =>
        _bed.Hub.RowsAsync($"select period_start::text, calls from crm_activity_summaries where tenant_id = '{tenant}' order by 1");
}
