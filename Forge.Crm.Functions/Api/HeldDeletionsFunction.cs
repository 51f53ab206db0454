using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>Deletions that are held because they are many, and a person's decision about them.</summary>
public sealed class HeldDeletionsFunction(SupabaseTokens tokens, HeldDeletions held)
{
    private const int MaxBodyBytes = 4 * 1024;

    private readonly ApiGate _gate = new(tokens);

    [Function("list-held-deletions")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/held-deletions")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant =>
            {
                string? after = request.Query["after"];
                return PushErrorId.TryParse(after, out var last) || after is null
                    ? Answers.RawJson(await held.ListAsync(tenant, after is null ? null : last, ct))
                    : Answers.Problem(StatusCodes.Status400BadRequest, "'after' is no id of a held deletion.");
            },
            ct);

    /// <summary><c>{"platform": "pipedrive", "kind": "contact"}</c>: all of them are pushed.</summary>
    [Function("approve-held-deletions")]
    public Task<IResult> ApproveAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/held-deletions/approve")] HttpRequest request, CancellationToken ct) =>
        DecideAsync(request, held.ApproveAsync, ct);

    /// <summary>The same body: the records come back, here and where they were deleted.</summary>
    [Function("restore-held-deletions")]
    public Task<IResult> RestoreAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/held-deletions/restore")] HttpRequest request, CancellationToken ct) =>
        DecideAsync(request, held.RestoreAsync, ct);

    private Task<IResult> DecideAsync(
        HttpRequest request, Func<TenantId, Platform, RecordKind, string, CancellationToken, Task<long>> decide, CancellationToken ct) =>
        _gate.AdminAsync(
            request,
            async (tenant, person) =>
                await JsonBody.ReadAsync<DecisionBody>(request, MaxBodyBytes, ct) is { } body
                && Names.TryParse<Platform>(body.Platform, out var platform) && Names.TryParse<RecordKind>(body.Kind, out var kind)
                    ? Answers.Json(new { Deletions = await decide(tenant, platform, kind, person, ct) }, StatusCodes.Status202Accepted)
                    : Answers.Problem(StatusCodes.Status400BadRequest, "The body names a platform and a kind."),
            ct);

    private sealed record DecisionBody(string? Platform, string? Kind);
}
