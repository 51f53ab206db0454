using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Reports;

namespace Forge.Crm.Adapters.Reports;

/// <summary>Reports as people see them: JSON as the database makes it, every amount with its currency.</summary>
public sealed class ReportViews
{
    /// <summary>So many of the deals that want completing are named; how many there are stands in the rows.</summary>
    public const int MaxDeals = 100;

    private readonly ReportStatements _statements;
    private readonly ReportRuns _runs;

    internal ReportViews(ReportStatements statements, ReportRuns runs) => (_statements, _runs) = (statements, runs);

    /// <summary>A day's snapshot, with its owners and the deals that lack an amount or a date, as they were then.</summary>
    public async Task<string> PipelineAsync(TenantId tenant, DateOnly day, CancellationToken ct)
    {
        var past = await _runs.PastAsync(tenant, ct);
        var at = past.StartOf(day);
        return await _statements.ReadAsync(
            tenant,
            Sql.Command(
                ReportViewSql.Pipeline, Sql.Value(tenant.Value), Sql.Value(day), Sql.Time(at), Sql.Value(MaxDeals), Sql.Text(past.AsOf(at).Currency)),
            ct);
    }

    /// <summary>The week that a day is in.</summary>
    public Task<string> ActivitiesAsync(TenantId tenant, DateOnly day, CancellationToken ct) => _statements.ReadAsync(
        tenant, Sql.Command(ReportViewSql.Activities, Sql.Value(tenant.Value), Sql.Value(TenantCalendar.WeekOf(day))), ct);

    /// <summary>The newest forecast of a day's month and those after it, what belongs to none of them, and what became of earlier ones.</summary>
    public Task<string> ForecastAsync(TenantId tenant, DateOnly day, CancellationToken ct) => _statements.ReadAsync(
        tenant, Sql.Command(ReportViewSql.Forecast, Sql.Value(tenant.Value), Sql.Value(TenantCalendar.MonthOf(day))), ct);

    /// <summary>A forecast as it was made on a day.</summary>
    public Task<string> PastForecastAsync(TenantId tenant, DateOnly day, CancellationToken ct) => _statements.ReadAsync(
        tenant, Sql.Command(ReportViewSql.PastForecast, Sql.Value(tenant.Value), Sql.Value(day)), ct);
}
