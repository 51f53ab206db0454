using System.Text.Json.Serialization;
using Forge.Crm.Adapters.Reports;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Reports;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>What reports go by: <c>{"committed_from": 0.8, "upside_from": 0.5, "week_open_hours": 24}</c>.</summary>
public sealed class ReportSettingsFunction(SupabaseTokens tokens, ReportSettingsStore settings)
{
    private const int MaxBodyBytes = 1024;

    private readonly ApiGate _gate = new(tokens);

    [Function("get-report-settings")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/reports/settings")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant =>
            {
                try
                {
                    return Answers.Json(await settings.FindAsync(tenant, ct));
                }
                catch (FormatException e)
                {
                    return Answers.Problem(StatusCodes.Status409Conflict, e.Message); // written past this API; saving them here mends it
                }
            },
            ct);

    [Function("set-report-settings")]
    public Task<IResult> SetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v1/reports/settings")] HttpRequest request, CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            async (tenant, person) =>
            {
                if (await JsonBody.ReadAsync<SettingsBody>(request, MaxBodyBytes, ct) is not
                    { CommittedFrom: { } committed, UpsideFrom: { } upside, WeekOpenHours: { } hours })
                    return Answers.Problem(StatusCodes.Status400BadRequest, "The body names committed_from, upside_from and week_open_hours, all three and nothing else.");
                try
                {
                    var wanted = new ReportSettings(committed, upside, hours);
                    await settings.SetAsync(tenant, wanted, person, ct);
                    return Answers.Json(wanted);
                }
                catch (FormatException e)
                {
                    return Answers.Problem(StatusCodes.Status400BadRequest, e.Message);
                }
            },
            ct);

    private sealed record SettingsBody(
        [property: JsonPropertyName("committed_from")] decimal? CommittedFrom, [property: JsonPropertyName("upside_from")] decimal? UpsideFrom,
        [property: JsonPropertyName("week_open_hours")] int? WeekOpenHours);
}
