using System.Diagnostics;
using System.Globalization;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Reports;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Stack;

namespace Forge.Crm.Benchmarks;

/// <summary>
/// The three reports of all tenants, on time (the day has just begun) and thirty days late, beside the bare queries for the same figures of the present
/// (<see cref="ReportsFloor"/>). All as <c>crm_app</c>, through row-level security, tenant after tenant; medians of the rounds, in which ours and the
/// bare one take turns.
/// </summary>
internal static class ReportsBenchmark
{
    private const int Tenants = 20;
    private const int Rounds = 5;

    public static Task RunAsync(CancellationToken ct) => RunAsync(1_000_000, 5_000_000, ct);

    public static Task RunSmallAsync(CancellationToken ct) => RunAsync(100_000, 500_000, ct);

    private static async Task RunAsync(int deals, int activities, CancellationToken ct)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Reports on {deals:N0} deals and {activities:N0} activities of {Tenants} tenants"));
        await using var hub = await BenchTenant.HubAsync(ct);
        await using var app = BenchTenant.App(hub);
        var started = Stopwatch.GetTimestamp();
        var tenants = await ReportsData.FillAsync(hub, Tenants, deals, activities, ct);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  filled in {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s"));
        var bench = new Bench(hub, new(app), tenants);
        using var process = Process.GetCurrentProcess();
        process.Refresh();
        var before = (Process: process.WorkingSet64 / 1e6, Heap: GC.GetTotalMemory(true) / 1e6);
        await bench.CompareAsync(new PipelineReport(bench.Statements), ReportsFloor.Pipeline, ct);
        await bench.CompareAsync(new PipelineReport(bench.Statements), ReportsFloor.PipelineSums, ct, "its sums alone");
        await bench.CompareAsync(new ActivityReport(bench.Statements), ReportsFloor.Activities, ct);
        await bench.CompareAsync(new ActivityReport(bench.Statements), ReportsFloor.ActivitiesByIndex, ct, "by one who knows the plan");
        await bench.CompareAsync(new ForecastReport(bench.Statements, bench.Database), ReportsFloor.Forecast, ct);
        process.Refresh();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  the process: {before.Process:0} MB before, {process.WorkingSet64 / 1e6:0} MB after, at most {process.PeakWorkingSet64 / 1e6:0} MB; live heap {before.Heap:0.0} and {GC.GetTotalMemory(true) / 1e6:0.0} MB"));
    }

    private sealed class Bench(LocalHub hub, TenantDatabase database, IReadOnlyList<TenantId> tenants)
    {
        private const string Empty = """
            truncate crm_pipeline_snapshots, crm_pipeline_owner_snapshots, crm_activity_summaries, crm_revenue_forecasts, crm_revenue_forecast_history, crm_revenue_forecast_gaps
            """;

        private readonly ReportRuns _runs = new(database);

        public TenantDatabase Database { get; } = database;

        public ReportStatements Statements { get; } = new(database);

        public async Task CompareAsync(IReport report, string bare, CancellationToken ct, string floor = "the bare query")
        {
            var (ours, floors, late) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round <= Rounds; round++)
            {
                // The first warms up. What is there already would not be written again.
                await BenchTenant.ExecuteAsync(hub, Empty, ct);
                var (own, own30) = (await TimeAsync(report, ReportsData.Today, ct), await TimeAsync(report, ReportsData.Today.AddDays(-30), ct));
                var mark = Stopwatch.GetTimestamp();
                foreach (var tenant in tenants)
                    await AskAsync(tenant, bare, ct);
                if (round == 0)
                    continue;
                ours.Add(own);
                late.Add(own30);
                floors.Add(Stopwatch.GetElapsedTime(mark).TotalMilliseconds);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {report.Name}: {Medians.Of(ours):N0} ms on time, {floor} {Medians.Of(floors):N0} ms: {Medians.Of(ours) / Medians.Of(floors):0.00}; thirty days late {Medians.Of(late):N0} ms"));
        }

        private async Task<double> TimeAsync(IReport report, DateOnly day, CancellationToken ct)
        {
            var milliseconds = 0.0;
            foreach (var tenant in tenants)
            {
                var past = await _runs.PastAsync(tenant, ct);
                var period = report.PeriodOf(day);
                var at = report.Days == 1 || day < ReportsData.Today ? report.ClosesAt(past, period) : past.StartOf(day);
                var mark = Stopwatch.GetTimestamp();
                await report.TakeAsync(tenant, past, period, at, past.StartOf(ReportsData.Today), ct);
                milliseconds += Stopwatch.GetElapsedTime(mark).TotalMilliseconds;
            }

            return milliseconds;
        }

        // In one round trip and with the settings of ours.
        private async Task AskAsync(TenantId tenant, string bare, CancellationToken ct)
        {
            await using var connection = await Database.Source.OpenConnectionAsync(ct);
            await using var batch = ReportStatements.Batch(
                connection, tenant,
                Sql.Command(bare, Sql.Value(tenant.Value), Sql.Time(new DateTimeOffset(ReportsData.Today.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero))));
            await using var reader = await batch.ExecuteReaderAsync(ct);
            do
            {
                while (await reader.ReadAsync(ct))
                {
                    // as whoever asks would
                }
            }
            while (await reader.NextResultAsync(ct));
        }
    }
}
