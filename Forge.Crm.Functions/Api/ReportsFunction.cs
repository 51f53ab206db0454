using System.Globalization;
using Forge.Crm.Adapters.Reports;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>The reports, and making one anew for a day that has passed.</summary>
public sealed class ReportsFunction(SupabaseTokens tokens, Reports reports, ReportViews views)
{
    private const int MaxBodyBytes = 1024;

    private readonly ApiGate _gate = new(tokens);

    /// <summary>Of <c>?date=2026-11-25</c>; without it of the tenant's own day.</summary>
    [Function("get-pipeline-report")]
    public Task<IResult> PipelineAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/reports/pipeline")] HttpRequest request, CancellationToken ct) =>
        ReadAsync(request, "date", views.PipelineAsync, views.PipelineAsync, ct);

    /// <summary>Of the week that <c>?week=2026-11-23</c>, any day of it, is in.</summary>
    [Function("get-activity-report")]
    public Task<IResult> ActivitiesAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/reports/activities")] HttpRequest request, CancellationToken ct) =>
        ReadAsync(request, "week", views.ActivitiesAsync, views.ActivitiesAsync, ct);

    /// <summary>The newest; with <c>?date=2026-11-01</c> the one that was made on that day.</summary>
    [Function("get-forecast-report")]
    public Task<IResult> ForecastAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/reports/forecast")] HttpRequest request, CancellationToken ct) =>
        ReadAsync(request, "date", views.PastForecastAsync, views.ForecastAsync, ct);

    /// <summary><c>{"date": "2026-11-01"}</c>: the day's rows, or those of its week, as they would have been then.</summary>
    [Function("run-report")]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/reports/{report}/run")] HttpRequest request, string report, CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            async (tenant, _) =>
            {
                if (await JsonBody.ReadAsync<RunBody>(request, MaxBodyBytes, ct) is not { } body || Day(body.Date) is not { } day)
                    return Answers.Problem(StatusCodes.Status400BadRequest, "The body names a date and nothing else, as in {\"date\": \"2026-11-01\"}.");
                try
                {
                    return await reports.RunAsync(tenant, report, day, ct) is { } run
                        ? Answers.Json(run)
                        : Answers.Problem(StatusCodes.Status404NotFound);
                }
                catch (FormatException e)
                {
                    return Answers.Problem(StatusCodes.Status400BadRequest, e.Message);
                }
            },
            ct);

    private Task<IResult> ReadAsync(
        HttpRequest request, string name, Func<TenantId, DateOnly, CancellationToken, Task<string>> ofDay,
        Func<TenantId, DateOnly, CancellationToken, Task<string>> ofToday, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant =>
            {
                string? text = request.Query[name];
                if (text is null)
                    return Answers.RawJson(await ofToday(tenant, await reports.TodayAsync(tenant, ct), ct));
                return Day(text) is { } day
                    ? Answers.RawJson(await ofDay(tenant, day, ct))
                    : Answers.Problem(StatusCodes.Status400BadRequest, $"'{name}' is a day, as in 2026-11-01.");
            },
            ct);

    private static DateOnly? Day(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and < 3000 ? day : null;

    private sealed record RunBody(string? Date);
}
