using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>What people outside were told, or could not be: listed, and sent once more.</summary>
public sealed class NoticesFunction(SupabaseTokens tokens, NoticeViews notices, NoticeSecrets secrets)
{
    private static readonly string[] Statuses = ["pending", "sent", "failed"];

    private readonly ApiGate _gate = new(tokens);

    [Function("list-notices")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/notices")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant =>
            {
                string? status = request.Query["status"], after = request.Query["after"];
                if (status is not null && !Statuses.Contains(status))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'status' is one of pending, sent, failed.");
                return Guid.TryParse(after, out var last) || after is null
                    ? Answers.RawJson(await notices.ListAsync(tenant, status, after is null ? null : last, ct))
                    : Answers.Problem(StatusCodes.Status400BadRequest, "'after' is no id of a notice.");
            },
            ct);

    [Function("redrive-notice")]
    public Task<IResult> RedriveAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/notices/{id}/redrive")] HttpRequest request, string id, CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, person) => Guid.TryParse(id, out var notice) && await notices.RedriveAsync(tenant, notice, person, ct)
                ? Answers.Json(new { Status = "pending" }, StatusCodes.Status202Accepted)
                : Answers.Problem(StatusCodes.Status404NotFound),
            ct);

    /// <summary>All that failed; without a body.</summary>
    [Function("redrive-notices")]
    public Task<IResult> RedriveAllAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/notices/redrive")] HttpRequest request, CancellationToken ct) =>
        _gate.WriteAsync(
            request, async (tenant, person) => Answers.Json(new { Redriven = await notices.RedriveAllAsync(tenant, person, ct) }, StatusCodes.Status202Accepted), ct);

    /// <summary>Makes a secret that webhooks are signed with, or makes it anew; this answer, and no other, shows it. The one before it signs along for a day.</summary>
    [Function("roll-notice-secret")]
    public Task<IResult> RollSecretAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/notices/secrets/{name}")] HttpRequest request, string name, CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            async (tenant, person) => NoticeSecrets.IsName(name)
                ? Answers.Json(new { Name = name, Secret = await secrets.RollAsync(tenant, name, person, ct) })
                : Answers.Problem(StatusCodes.Status400BadRequest, "A secret's name has small letters, digits and dashes, at most 40, e.g. team-chat."),
            ct);
}
