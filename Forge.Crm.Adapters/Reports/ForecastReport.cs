using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Reports;

namespace Forge.Crm.Adapters.Reports;

/// <summary>
/// What is expected of this month and the next twelve at the instant at which a day of the tenant begins: <c>crm_revenue_forecasts</c> has the newest
/// of each month, <c>crm_revenue_forecast_history</c> all, with what was really won once the month is over.
/// </summary>
internal sealed class ForecastReport(ReportStatements statements, TenantDatabase database) : IReport
{
    public string Name => "forecast";

    public int Days => 1;

    public DateOnly PeriodOf(DateOnly day) => day;

    public DateTimeOffset ClosesAt(TenantPast past, DateOnly period) => past.StartOf(period);

    public async Task<int> TakeAsync(TenantId tenant, TenantPast past, DateOnly period, DateTimeOffset at, DateTimeOffset now, CancellationToken ct)
    {
        var settings = past.SettingsAt(at);
        var take = Sql.Command(
            ForecastSql.Take, Sql.Value(tenant.Value), Sql.Value(period), Sql.Time(at), Sql.Value(TenantCalendar.MonthOf(period)), Sql.Text(past.AsOf(at).Currency),
            Sql.Value(settings.CommittedFrom), Sql.Value(settings.UpsideFrom));
        var rows = await statements.ExecuteAsync(tenant, Name, take, ct);
        foreach (var month in await OverAsync(tenant, past, period, now, ct))
            await SettleAsync(tenant, past, month, ct);
        return rows;
    }

    // Those that this forecast is of, which is none as long as it is taken on its day, and those that nobody has looked at yet.
    private async Task<IEnumerable<DateOnly>> OverAsync(TenantId tenant, TenantPast past, DateOnly period, DateTimeOffset now, CancellationToken ct)
    {
        var month = TenantCalendar.MonthOf(period);
        var unsettled = await database.QueryAsync(
            tenant, Sql.Command(ForecastSql.Unsettled, Sql.Value(tenant.Value), Sql.Value(TenantCalendar.MonthOf(past.DateOf(now)))),
            row => row.GetFieldValue<DateOnly>(0), ct);
        return Enumerable.Range(0, ForecastSql.Months).Select(month.AddMonths).Union(unsettled)
            .Where(each => now >= past.StartOf(each.AddMonths(1)) + DueReports.Settling);
    }

    private Task<int> SettleAsync(TenantId tenant, TenantPast past, DateOnly month, CancellationToken ct)
    {
        var end = past.StartOf(month.AddMonths(1));
        return statements.ExecuteAsync(
            tenant, Name,
            Sql.Command(
                ForecastSql.Settle, Sql.Value(tenant.Value), Sql.Value(month), Sql.Time(end), Sql.Value(month), Sql.Text(past.AsOf(end).Currency)),
            ct);
    }
}
