using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Reports;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Adapters.Reports;

/// <summary>Takes what is due of a report: of every tenant what has begun at its own midnight or Monday, and what was missed.</summary>
internal sealed partial class DueReports(RelayQueries relay, ReportRuns runs, TimeProvider clock, ILogger<DueReports> logger)
{
    /// <summary>
    /// What is taken sooner than this after its instant is taken once more: what was being written then may have been committed since, and no
    /// two clocks are the same.
    /// </summary>
    public static readonly TimeSpan Settling = TimeSpan.FromMinutes(10);

    /// <summary>
    /// What one tenant's report fails of does not keep the others from theirs; it is tried again at the next run, from where it stopped.
    /// </summary>
    /// <returns>Rows written.</returns>
    public async Task<int> TakeAsync(IReport report, CancellationToken ct)
    {
        var rows = 0;
        foreach (var (tenant, _) in await relay.TenantsAsync(ct))
        {
            try
            {
                rows += await TakeAsync(report, tenant, ct);
            }
            catch (Exception e) when (e is PostgresException or FormatException or NpgsqlException { InnerException: TimeoutException })
            {
                NotTaken(logger, e, report.Name, tenant);
            }
        }

        return rows;
    }

    private async Task<int> TakeAsync(IReport report, TenantId tenant, CancellationToken ct)
    {
        var (past, through) = await runs.LoadAsync(tenant, report.Name, ct);
        var now = clock.GetUtcNow();
        var current = report.PeriodOf(past.DateOf(now));
        if (through is null)
            await runs.NoteAsync(tenant, report.Name, current.AddDays(-report.Days), ct);
        var rows = 0;
        foreach (var period in DuePeriods.After(through ?? current.AddDays(-report.Days), current, report.Days))
        {
            var closesAt = report.ClosesAt(past, period);
            rows += await report.TakeAsync(tenant, past, period, closesAt < now ? closesAt : now, now, ct);
            if (now >= closesAt + Settling)
                await runs.NoteAsync(tenant, report.Name, period, ct);
        }

        return rows;
    }

    [LoggerMessage(LogLevel.Error, "The {Report} report of tenant {Tenant} was not taken.")]
    private static partial void NotTaken(ILogger logger, Exception e, string report, TenantId tenant);
}
