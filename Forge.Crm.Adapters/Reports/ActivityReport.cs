using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Reports;

namespace Forge.Crm.Adapters.Reports;

/// <summary>
/// What each owner did in a week of the tenant: <c>crm_activity_summaries</c>. It is there from the week's first day, follows what happens, and is final
/// some hours after its end (<see cref="ReportSettings.WeekOpenHours"/>).
/// </summary>
internal sealed class ActivityReport(ReportStatements statements) : IReport
{
    public string Name => "activities";

    public int Days => 7;

    public DateOnly PeriodOf(DateOnly day) => TenantCalendar.WeekOf(day);

    public DateTimeOffset ClosesAt(TenantPast past, DateOnly period)
    {
        var end = past.StartOf(period.AddDays(Days));
        return end.AddHours(past.SettingsAt(end).WeekOpenHours);
    }

    public Task<int> TakeAsync(TenantId tenant, TenantPast past, DateOnly period, DateTimeOffset at, DateTimeOffset now, CancellationToken ct) =>
        statements.ExecuteAsync(
            tenant, Name,
            Sql.Command(
                ActivitySql.Take, Sql.Value(tenant.Value), Sql.Value(period), Sql.Time(at), Sql.Time(past.StartOf(period)),
                Sql.Time(past.StartOf(period.AddDays(Days)))),
            ct);
}
