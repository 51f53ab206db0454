using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Reports;

public sealed class ForecastReportTests : IAsyncLifetime
{
    private ReportBed _bed = null!;
    private TenantId _tenant;

    public async Task InitializeAsync()
    {
        _bed = await ReportBed.CreateAsync();
        _tenant = await _bed.TenantAsync();
    }

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Every_month_and_currency_has_a_row_and_every_open_deal_is_in_one_part_of_it()
    {
        foreach (var (probability, amount) in new[] { (0.8m, 1m), (1m, 2m), (0.7999m, 10m), (0.5m, 20m), (0.4999m, 100m), (0m, 200m) })
            await ClosingAsync("2026-12-31", amount, $"probability = {probability.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
        await _bed.DealAsync(_tenant, 0, 1_000m, more: "close_date = '2026-12-01'"); // by its stage's 20 %
        await _bed.DealAsync(_tenant, 1, 2_000m, "EUR", more: "close_date = '2027-11-30'"); // by its stage's 80 %
        await ClosingAsync("2026-12-15", null);

        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-11-25");

        var rows = await RowsAsync();
        rows.Count.ShouldBe(26);
        rows.Where(row => !row.EndsWith("|0|0", StringComparison.Ordinal)).ShouldBe(
        [
            "2026-12-01|USD|3.0000|30.0000|1300.0000|270.7900|0.0000|8|1",
            "2027-11-01|EUR|2000.0000|0.0000|0.0000|1600.0000|0.0000|1|0",
        ]);
        rows[0].ShouldStartWith("2026-11-01|EUR");
        rows[^1].ShouldStartWith("2027-11-01|USD");
    }

    [Fact]
    public async Task What_is_won_stands_apart_and_what_is_lost_nowhere()
    {
        await ClosingAsync("2026-11-10", 5m, $"stage_id = {ReportBed.Stage(_tenant, 2)}"); // by its stage
        await ClosingAsync("2026-11-11", 7m, "status = 'won'"); // in an open stage
        await ClosingAsync("2026-11-12", 1_000m, "status = 'lost'");
        await ClosingAsync("2026-11-12", 1_000m, $"stage_id = {ReportBed.Stage(_tenant, 3)}");
        await ClosingAsync("2026-10-12", 1_000m, "status = 'won'"); // of another month

        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-11-25");

        (await RowsAsync())[0].ShouldBe("2026-11-01|USD|0.0000|0.0000|0.0000|0.0000|12.0000|0|0");
        (await GapsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Deals_of_no_month_are_told_beside_it()
    {
        await ClosingAsync(null, 10m);
        await ClosingAsync(null, null);
        await ClosingAsync("2026-10-31", 20m);
        await ClosingAsync("2027-12-01", 40m);
        await ClosingAsync("2026-11-01", 80m); // of this month, if its day has passed

        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-11-25");

        (await GapsAsync()).ShouldBe(["USD|2|10.0000|1|20.0000|1|40.0000"]);
        (await RowsAsync())[0].ShouldBe("2026-11-01|USD|0.0000|0.0000|80.0000|16.0000|0.0000|1|0");
    }

    [Fact]
    public async Task The_tenants_own_limits_are_taken_as_they_were_then()
    {
        await ClosingAsync("2026-12-15", 100m, "probability = 0.85");
        await _bed.ChangeTenantAsync(
            _tenant, "settings", "'{}'::jsonb", """'{"reports": {"committed_from": 0.9, "upside_from": 0.6}}'""", "2026-11-24 12:00Z");

        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-11-24");
        (await RowsAsync("2026-12-01")).ShouldBe(["2026-12-01|USD|100.0000|0.0000|0.0000|85.0000|0.0000|1|0"]);

        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-11-25");
        (await RowsAsync("2026-12-01")).ShouldBe(["2026-12-01|USD|0.0000|100.0000|0.0000|85.0000|0.0000|1|0"]);
    }

    [Fact]
    public async Task Past_forecasts_are_kept_and_what_was_won_stands_beside_them()
    {
        _bed.Clock.AdjustTime(new(2026, 11, 1, 0, 15, 0, TimeSpan.Zero));
        var won = await ClosingAsync("2026-11-20", 100m, "probability = 0.9", created: "2026-10-01");
        var slipped = await ClosingAsync("2026-11-25", 50m, "probability = 0.6", created: "2026-10-01");
        await _bed.SetAsync(_tenant, won, "status", "'open'", "'won'", "2026-11-19 10:00Z");
        await _bed.SetAsync(_tenant, won, "amount", "'100'", "'96'", "2026-11-19 10:00Z");
        await _bed.SetAsync(_tenant, slipped, "close_date", "'2026-11-25'", "'2026-12-10'", "2026-11-24 10:00Z");
        var late = await ClosingAsync("2026-11-30", 1_000m, "probability = 0.1", created: "2026-11-05");
        await _bed.SetAsync(_tenant, late, "status", "'open'", "'won'", "2026-12-01 00:00Z"); // a moment too late

        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-11-01");
        (await HistoryAsync()).ShouldBe(["2026-11-01|120.0000|0.0000||"]);
        _bed.Clock.AdjustTime(new(2026, 12, 1, 0, 5, 0, TimeSpan.Zero));
        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-11-21");
        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-12-01");
        (await HistoryAsync()).ShouldBe(["2026-11-01|120.0000|0.0000||", "2026-11-21|226.0000|96.0000||"]); // it is not settled yet

        _bed.Clock.Advance(TimeSpan.FromMinutes(10));
        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-12-01");

        (await HistoryAsync()).ShouldBe(["2026-11-01|120.0000|0.0000|96.0000|0.8000", "2026-11-21|226.0000|96.0000|96.0000|0.4248"]);
        // The newest of the month that is over says what was won of it.
        (await RowsAsync("2026-11-01")).ShouldBe(["2026-11-01|USD|0.0000|50.0000|1000.0000|130.0000|96.0000|2|0"]);
        (await RowsAsync("2026-12-01")).ShouldBe(["2026-12-01|USD|0.0000|50.0000|0.0000|30.0000|0.0000|1|0"]);

        (await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-11-21")).ShouldBe(0);
        (await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-12-01")).ShouldBe(0);
    }

    [Fact]
    public async Task A_forecast_that_is_made_for_an_older_day_does_not_take_the_place_of_a_newer_one()
    {
        var deal = await ClosingAsync("2026-12-15", 100m, created: "2026-10-01");
        await _bed.SetAsync(_tenant, deal, "amount", "'100'", "'300'", "2026-11-20 10:00Z");
        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-11-25");
        var newest = await RowsAsync();

        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-11-10");

        (await RowsAsync()).ShouldBe(newest);
        (await _bed.Hub.RowsAsync($"select as_of::text, pipeline from crm_revenue_forecast_history where tenant_id = '{_tenant}' and forecast_month = '2026-12-01' order by 1"))
            .ShouldBe(["2026-11-10|100.0000", "2026-11-25|300.0000"]);
    }

    [Fact]
    public async Task A_currency_that_is_not_in_use_any_more_has_no_row_any_more()
    {
        var deal = await ClosingAsync("2026-12-15", 100m, "currency = 'EUR'", created: "2026-10-01");
        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-11-24");
        (await RowsAsync()).Count.ShouldBe(26);
        await _bed.SetAsync(_tenant, deal, "status", "'open'", "'lost'", "2026-11-24 10:00Z");

        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-11-25");
        (await RowsAsync()).Count.ShouldBe(13);
        await _bed.TakeAsync(_bed.Forecast, _tenant, "2026-11-24");
        (await RowsAsync()).Count.ShouldBe(13);
    }

    private Task<string> ClosingAsync(string? date, decimal? amount, string more = "name = 'x'", string created = "2026-11-01") =>
        _bed.DealAsync(_tenant, 0, amount, created: created, more: $"close_date = {(date is null ? "null" : $"'{date}'")}, {more}");

    private Task<List<string>> RowsAsync(string? month = null) => _bed.Hub.RowsAsync($"""
        select forecast_month::text, currency, committed, upside, pipeline, weighted_total, won, deal_count, deals_without_amount
          from crm_revenue_forecasts where tenant_id = '{_tenant}' {(month is null ? "" : $"and forecast_month = '{month}'")} order by 1, 2
        """);

    private Task<List<string>> HistoryAsync() => _bed.Hub.RowsAsync($"""
        select as_of::text, weighted_total + won, won, won_total, accuracy from crm_revenue_forecast_history
         where tenant_id = '{_tenant}' and forecast_month = '2026-11-01' order by 1
        """);

    private Task<List<string>> GapsAsync() => _bed.Hub.RowsAsync($"""
        select currency, without_close_date, value_without_close_date, overdue, overdue_value, later, later_value
          from crm_revenue_forecast_gaps where tenant_id = '{_tenant}' order by 1
        """);
}
