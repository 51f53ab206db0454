using System.Text.Json;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>Sync on demand: <c>{"platform": "hubspot", "mode": "incremental", "kinds": ["contact"]}</c>; mode and kinds may be left out.</summary>
public sealed class SyncFunction(SupabaseTokens tokens, SyncRequests sync)
{
    private const int MaxBodyBytes = 4 * 1024;

    private readonly ApiGate _gate = new(tokens);

    [Function("start-sync")]
    public Task<IResult> StartAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/sync")] HttpRequest request, CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, person) =>
            {
                if (await ReadAsync(request, ct) is not { } order)
                    return Answers.Problem(StatusCodes.Status400BadRequest, "The body names no platform, or a mode or kind that there is not.");
                try
                {
                    return await sync.StartAsync(tenant, order.Platform, order.Mode, order.Kinds, person, ct) is { } job
                        ? Answers.Json(new { job.Id, job.IsNew }, StatusCodes.Status202Accepted)
                        : Answers.Problem(StatusCodes.Status404NotFound);
                }
                catch (MatchPlanException e)
                {
                    return Answers.Problem(StatusCodes.Status409Conflict, e.Message);
                }
            },
            ct);

    private static async Task<(Platform Platform, SyncMode? Mode, List<RecordKind> Kinds)?> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength is null or > MaxBodyBytes)
            return null;
        SyncBody? body;
        try
        {
            body = await JsonSerializer.DeserializeAsync<SyncBody>(request.Body, JsonSerializerOptions.Web, ct);
        }
        catch (JsonException)
        {
            return null;
        }
        SyncMode? mode = null;
        if (body?.Mode is { } name)
        {
            if (!Names.TryParse<SyncMode>(name, out var known))
                return null;
            mode = known;
        }
        var kinds = new List<RecordKind>();
        foreach (var kind in body?.Kinds ?? [])
        {
            if (!Names.TryParse<RecordKind>(kind, out var known))
                return null;
            kinds.Add(known);
        }
        return Names.TryParse<Platform>(body?.Platform, out var platform) ? (platform, mode, kinds) : null;
    }

    private sealed record SyncBody(string? Platform, string? Mode, IReadOnlyList<string>? Kinds);
}
