using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>What waits for a platform, what it will not take and why, and once more for what it would not take.</summary>
public sealed class PushErrorsFunction(SupabaseTokens tokens, PushErrors errors)
{
    private const int MaxBodyBytes = 4 * 1024;

    private readonly ApiGate _gate = new(tokens);

    [Function("count-pushes")]
    public Task<IResult> CountAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/pushes")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(request, async tenant => Answers.RawJson(await errors.CountAsync(tenant, ct)), ct);

    [Function("list-push-errors")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/push-errors")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant =>
            {
                if (!TryParse<Platform>(request.Query["platform"], out var platform) || !TryParse<RecordKind>(request.Query["kind"], out var kind))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'platform' or 'kind' is none that there is.");
                string? after = request.Query["after"];
                return PushErrorId.TryParse(after, out var last) || after is null
                    ? Answers.RawJson(await errors.ListAsync(tenant, platform, kind, after is null ? null : last, ct))
                    : Answers.Problem(StatusCodes.Status400BadRequest, "'after' is no id of a push error.");
            },
            ct);

    [Function("redrive-push-error")]
    public Task<IResult> RedriveAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/push-errors/{id}/redrive")] HttpRequest request, string id,
        CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, person) => PushErrorId.TryParse(id, out var error) && await errors.RedriveAsync(tenant, error, person, ct)
                ? Answers.Json(new { Status = "pending" }, StatusCodes.Status202Accepted)
                : Answers.Problem(StatusCodes.Status404NotFound),
            ct);

    /// <summary>All of a platform: <c>{"platform": "hubspot"}</c>, or of one kind there: <c>{"platform": "hubspot", "kind": "contact"}</c>.</summary>
    [Function("redrive-push-errors")]
    public Task<IResult> RedriveAllAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/push-errors/redrive")] HttpRequest request, CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, person) =>
                await JsonBody.ReadAsync<RedriveBody>(request, MaxBodyBytes, ct) is { } body
                && Names.TryParse<Platform>(body.Platform, out var platform) && TryParse<RecordKind>(body.Kind, out var kind)
                    ? Answers.Json(new { Redriven = await errors.RedriveAllAsync(tenant, platform, kind, person, ct) }, StatusCodes.Status202Accepted)
                    : Answers.Problem(StatusCodes.Status400BadRequest, "The body names a platform, and a kind where not all are meant."),
            ct);

    // Absent is null; anything else has to be a name.
    private static bool TryParse<T>(string? name, out T? value)
        where T : struct, Enum
    {
        var isKnown = Names.TryParse<T>(name, out var known);
        value = isKnown ? known : null;
        return isKnown || name is null;
    }

    private sealed record RedriveBody(string? Platform, string? Kind);
}
