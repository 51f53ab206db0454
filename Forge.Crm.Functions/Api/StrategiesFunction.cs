using System.Text.Json;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>
/// Who wins where both sides changed a field:
/// <c>{"strategy": "timestamp_based", "ranks": ["supabase", "hubspot", "pipedrive"], "strategies": {"contact.phone": "manual_review"}}</c>.
/// </summary>
public sealed class StrategiesFunction(SupabaseTokens tokens, StrategySettings settings)
{
    private const int MaxBodyBytes = 64 * 1024;

    private readonly ApiGate _gate = new(tokens);

    /// <summary>What is set, and as <c>problem</c> why it cannot be read, where it was written past this API.</summary>
    [Function("get-strategies")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/connections/{platform}/strategies")] HttpRequest request, string platform,
        CancellationToken ct) =>
        _gate.ReadAsync(request, tenant => FindAsync(tenant, platform, ct), ct);

    [Function("set-strategies")]
    public Task<IResult> SetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v1/connections/{platform}/strategies")] HttpRequest request, string platform,
        CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, person) =>
            {
                if (!Names.TryParse<Platform>(platform, out var known))
                    return Answers.Problem(StatusCodes.Status404NotFound);
                if (await JsonBody.ReadAsync<StrategyRules>(request, MaxBodyBytes, ct) is not { Strategy: not null, Ranks: { } ranks } rules
                    || ranks.Contains(null!) || rules.Strategies.ValueKind == JsonValueKind.Undefined)
                    return Answers.Problem(StatusCodes.Status400BadRequest, "The body names strategy, ranks and strategies, all three and nothing else.");
                try
                {
                    return await settings.SetAsync(tenant, known, rules, person, ct)
                        ? await FindAsync(tenant, platform, ct)
                        : Answers.Problem(StatusCodes.Status404NotFound);
                }
                catch (FormatException e)
                {
                    return Answers.Problem(StatusCodes.Status400BadRequest, e.Message);
                }
            },
            ct);

    private async Task<IResult> FindAsync(TenantId tenant, string platform, CancellationToken ct) =>
        Names.TryParse<Platform>(platform, out var known) && await settings.FindAsync(tenant, known, ct) is { } stored
            ? Answers.Json(new { stored.Rules.Strategy, stored.Rules.Ranks, stored.Rules.Strategies, stored.Problem })
            : Answers.Problem(StatusCodes.Status404NotFound);
}
