using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>Sync jobs and how far they are.</summary>
public sealed class JobsFunction(SupabaseTokens tokens, JobViews jobs)
{
    private readonly ApiGate _gate = new(tokens);

    [Function("list-jobs")]
    public Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/jobs")] HttpRequest request, CancellationToken ct) =>
        _gate.ReadAsync(request, async tenant => Answers.RawJson(await jobs.ListAsync(tenant, ct)), ct);

    [Function("get-job")]
    public Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v1/jobs/{id}")] HttpRequest request, string id, CancellationToken ct) =>
        _gate.ReadAsync(
            request,
            async tenant => Guid.TryParseExact(id, "D", out var job) && await jobs.FindAsync(tenant, job, ct) is { } json
                ? Answers.RawJson(json)
                : Answers.Problem(StatusCodes.Status404NotFound),
            ct);
}
