using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Reports;

/// <summary>A report that was made for a day or a week that somebody named.</summary>
/// <param name="Period">The day, or the Monday of its week.</param>
/// <param name="At">The instant that its rows are of.</param>
/// <param name="Rows">How many were written: none where nothing differed.</param>
public sealed record ReportRun(string Report, DateOnly Period, DateTimeOffset At, int Rows);

/// <summary>Reports for people who ask for one: of any past day, as they would have been on that day.</summary>
public sealed class Reports
{
    private readonly ImmutableDictionary<string, IReport> _reports;
    private readonly ReportRuns _runs;
    private readonly TimeProvider _clock;

    internal Reports(IEnumerable<IReport> reports, ReportRuns runs, TimeProvider clock) =>
        (_reports, _runs, _clock) = (reports.ToImmutableDictionary(report => report.Name), runs, clock);

    /// <param name="report"><c>pipeline</c>, <c>activities</c> or <c>forecast</c>.</param>
    /// <returns>Null where there is no such report.</returns>
    /// <exception cref="FormatException">The day has not begun, or the tenant's settings cannot be read; the message names the remedy.</exception>
    public async Task<ReportRun?> RunAsync(TenantId tenant, string report, DateOnly day, CancellationToken ct)
    {
        if (!_reports.TryGetValue(report, out var asked))
            return null;
        var past = await _runs.PastAsync(tenant, ct);
        var now = _clock.GetUtcNow();
        if (day > past.DateOf(now) || day.Year < 2000)
            throw new FormatException("The date has not begun yet in the tenant's time zone, or is before 2000; name a day that has.");
        var period = asked.PeriodOf(day);
        var closesAt = asked.ClosesAt(past, period);
        var at = closesAt < now ? closesAt : now;
        return new(report, period, at, await asked.TakeAsync(tenant, past, period, at, now, ct));
    }

    /// <summary>The day that it is at the tenant.</summary>
    public async Task<DateOnly> TodayAsync(TenantId tenant, CancellationToken ct) => (await _runs.PastAsync(tenant, ct)).DateOf(_clock.GetUtcNow());
}
