using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>
/// Sync on demand: <c>{"platform": "hubspot", "mode": "incremental", "kinds": ["contact"], "dryRun": true}</c>; all but the platform may be left out.
/// All of the tenant's platforms: <c>{"platform": "all"}</c>. Single records: <c>{"platform": "hubspot", "of": "contact", "ids": ["101"]}</c>.
/// </summary>
public sealed class SyncFunction(SupabaseTokens tokens, SyncRequests sync)
{
    private const string All = "all";
    private const int MaxBodyBytes = 256 * 1024;

    private readonly ApiGate _gate = new(tokens);

    [Function("start-sync")]
    public Task<IResult> StartAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/sync")] HttpRequest request, CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, person) =>
            {
                if (await JsonBody.ReadAsync<SyncBody>(request, MaxBodyBytes, ct) is not { } body || body.Request(tenant, person) is not { } order)
                    return Answers.Problem(StatusCodes.Status400BadRequest, "The body names no platform, a mode or kind that there is not, or ids without what they are of.");
                if (body.Platform == All)
                    return Answers.Json(new { Jobs = await sync.StartAllAsync(order, ct) }, StatusCodes.Status202Accepted);
                try
                {
                    return await sync.StartAsync(order, ct) is { } job
                        ? Answers.Json(new { job.Id, job.IsNew }, StatusCodes.Status202Accepted)
                        : Answers.Problem(StatusCodes.Status404NotFound);
                }
                catch (MatchPlanException e)
                {
                    return Answers.Problem(StatusCodes.Status409Conflict, e.Message);
                }
            },
            ct);

    private sealed record SyncBody(string? Platform, string? Mode, IReadOnlyList<string>? Kinds, string? Of, IReadOnlyList<string>? Ids, bool DryRun)
    {
        /// <returns>Null where it makes no sense.</returns>
        public SyncRequest? Request(TenantId tenant, string person)
        {
            var (mode, kinds, of) = (default(SyncMode), (Kinds ?? []).Select(kind => Names.TryParse<RecordKind>(kind, out var known) ? known : (RecordKind?)null).ToList(), default(RemoteKind));
            var platform = default(Platform);
            if (!(Platform == All ? Ids is not { Count: > 0 } : Names.TryParse(Platform, out platform)) || (Mode is not null && !Names.TryParse(Mode, out mode)) || kinds.Contains(null)
                || (Ids is { Count: > 0 } && !Names.TryParse(Of, out of)) || Ids is { Count: > SyncRequest.MaxIds } || Ids?.Any(string.IsNullOrEmpty) == true)
                return null;
            return new(tenant, platform)
            {
                Mode = Mode is null ? null : mode,
                Kinds = [.. kinds.OfType<RecordKind>()],
                Ids = Ids ?? [],
                IdsOf = of,
                IsDryRun = DryRun,
                RequestedBy = person,
            };
        }
    }
}
