using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Reports;

namespace Forge.Crm.Adapters.Reports;

/// <summary>The pipeline at the instant at which a day of the tenant begins: <c>crm_pipeline_snapshots</c>, and by owner beside it.</summary>
internal sealed class PipelineReport(ReportStatements statements) : IReport
{
    public string Name => "pipeline";

    public int Days => 1;

    public DateOnly PeriodOf(DateOnly day) => day;

    public DateTimeOffset ClosesAt(TenantPast past, DateOnly period) => past.StartOf(period);

    public Task<int> TakeAsync(TenantId tenant, TenantPast past, DateOnly period, DateTimeOffset at, DateTimeOffset now, CancellationToken ct) =>
        statements.ExecuteAsync(
            tenant, Name,
            Sql.Command(
                PipelineSql.Take, Sql.Value(tenant.Value), Sql.Value(period), Sql.Time(at), Sql.Time(past.StartOf(period.AddDays(-1))),
                Sql.Text(past.AsOf(at).Currency)),
            ct);
}
