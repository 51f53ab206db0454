namespace Forge.Crm.Adapters.Reports;

/// <summary>What is due of each report.</summary>
internal sealed class TimedReports(DueReports due, PipelineReport pipeline, ActivityReport activities, ForecastReport forecast)
{
    public Task<int> TakePipelineAsync(CancellationToken ct) => due.TakeAsync(pipeline, ct);

    public Task<int> TakeActivitiesAsync(CancellationToken ct) => due.TakeAsync(activities, ct);

    public Task<int> TakeForecastAsync(CancellationToken ct) => due.TakeAsync(forecast, ct);
}
