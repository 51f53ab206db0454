using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Api;

/// <summary>Sync jobs and how far they are.</summary>
public sealed class JobsFunction(SupabaseTokens tokens, JobViews jobs, JobControls controls)
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

    [Function("pause-job")]
    public Task<IResult> PauseAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/jobs/{id}/pause")] HttpRequest request, string id, CancellationToken ct) =>
        ChangeAsync(request, id, controls.PauseAsync, ct);

    [Function("resume-job")]
    public Task<IResult> ResumeAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/jobs/{id}/resume")] HttpRequest request, string id, CancellationToken ct) =>
        ChangeAsync(request, id, controls.ResumeAsync, ct);

    [Function("cancel-job")]
    public Task<IResult> CancelAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/jobs/{id}/cancel")] HttpRequest request, string id, CancellationToken ct) =>
        ChangeAsync(request, id, controls.CancelAsync, ct);

    private Task<IResult> ChangeAsync(HttpRequest request, string id, Func<TenantId, Guid, string, CancellationToken, Task<bool>> change, CancellationToken ct) =>
        _gate.WriteAsync(
            request,
            async (tenant, person) =>
            {
                if (!Guid.TryParseExact(id, "D", out var job))
                    return Answers.Problem(StatusCodes.Status404NotFound);
                var isDone = await change(tenant, job, person, ct);
                return await jobs.FindAsync(tenant, job, ct) is not { } json ? Answers.Problem(StatusCodes.Status404NotFound)
                    : isDone ? Answers.RawJson(json)
                    : Answers.Problem(StatusCodes.Status409Conflict, "The job is not in a state for that.");
            },
            ct);
}
