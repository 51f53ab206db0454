using Forge.Crm.Adapters.Leads;
using Forge.Crm.Adapters.Supabase;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>Leads that rules make at HubSpot: listed, and tried once more.</summary>
public sealed class LeadsFunction(SupabaseTokens tokens, LeadViews leads)
{
    private static readonly string[] Statuses = ["pending", "made", "none", "failed"];

    private readonly ApiGate _gate = new(tokens);

    [Function("list-leads")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/hubspot-leads")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant =>
            {
                string? status = request.Query["status"], after = request.Query["after"];
                if (status is not null && !Statuses.Contains(status))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'status' is one of pending, made, none, failed.");
                return Guid.TryParse(after, out var last) || after is null
                    ? Answers.RawJson(await leads.ListAsync(tenant, status, after is null ? null : last, ct))
                    : Answers.Problem(StatusCodes.Status400BadRequest, "'after' is no id of a lead.");
            },
            ct);

    [Function("redrive-lead")]
    public Task<IResult> RedriveAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/hubspot-leads/{id}/redrive")] HttpRequest request, string id, CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, person) => Guid.TryParse(id, out var lead) && await leads.RedriveAsync(tenant, lead, person, ct)
                ? Answers.Json(new { Status = "pending" }, StatusCodes.Status202Accepted)
                : Answers.Problem(StatusCodes.Status404NotFound),
            ct);

    /// <summary>All that failed; without a body.</summary>
    [Function("redrive-leads")]
    public Task<IResult> RedriveAllAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/hubspot-leads/redrive")] HttpRequest request, CancellationToken ct) =>
        _gate.WriteAsync(
            request, async (tenant, person) => Answers.Json(new { Redriven = await leads.RedriveAllAsync(tenant, person, ct) }, StatusCodes.Status202Accepted), ct);
}
