using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>What dry runs found: sums and cost, and record by record.</summary>
public sealed class SyncPlansFunction(SupabaseTokens tokens, SyncPlans plans)
{
    private const string Route = "api/v1/jobs/{id}/plan";

    private readonly ApiGate _gate = new(tokens);

    [Function("get-sync-plan")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Route)] HttpRequest request, string id, CancellationToken ct) =>
        ReadAsync(request, id, async (tenant, job) => Answers.Json((await plans.FindAsync(tenant, job, ct))!), ct);

    [Function("list-sync-plan-items")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Route + "/items")] HttpRequest request, string id, CancellationToken ct) =>
        ReadAsync(
            request, id,
            async (tenant, job) =>
            {
                if (!TryRead<Platform>(request, "platform", out var platform) || !TryRead<RecordKind>(request, "kind", out var kind)
                    || !TryRead<PlannedAction>(request, "action", out var action))
                    return Answers.Problem(StatusCodes.Status400BadRequest, "'platform', 'kind' or 'action' is none that there is.");
                try
                {
                    return Answers.RawJson(await plans.ItemsAsync(tenant, job, platform, kind, action, request.Query["after"], ct));
                }
                catch (FormatException e)
                {
                    return Answers.Problem(StatusCodes.Status400BadRequest, e.Message);
                }
            },
            ct);

    private Task<IResult> ReadAsync(HttpRequest request, string id, Func<TenantId, Guid, Task<IResult>> answer, CancellationToken ct) => _gate.ReadAsync(
        request,
        async tenant =>
        {
            if (!Guid.TryParseExact(id, "D", out var job) || await plans.IsKeptAsync(tenant, job, ct) is not { } isKept)
                return Answers.Problem(StatusCodes.Status404NotFound);
            return isKept
                ? await answer(tenant, job)
                : Answers.Problem(StatusCodes.Status410Gone, "A plan is kept for seven days, or until the next dry run of the platform.");
        },
        ct);

    private static bool TryRead<T>(HttpRequest request, string name, out T? value)
        where T : struct, Enum
    {
        string? text = request.Query[name];
        value = Names.TryParse<T>(text, out var known) ? known : null;
        return text is null || value is not null;
    }
}
