using Forge.Crm.Adapters.ServiceBus;

namespace Forge.Crm.Adapters.Sync;

/// <summary>A sync job that a person's request started, or found under way.</summary>
/// <param name="IsNew">False: it was there already, and nothing was started beside it.</param>
public sealed record RequestedJob(Guid Id, bool IsNew);

/// <summary>Sync on demand: starts the job and rings for its first step; the steps run on the bus.</summary>
public sealed class SyncRequests
{
    private readonly JobStore _jobs;
    private readonly Rings _rings;

    internal SyncRequests(JobStore jobs, Rings rings) => (_jobs, _rings) = (jobs, rings);

    /// <returns>Null where the tenant has not connected the platform.</returns>
    /// <exception cref="MatchPlanException">The platform waits for its match plan, which is the dry run of its first load, too.</exception>
    public async Task<RequestedJob?> StartAsync(SyncRequest request, CancellationToken ct)
    {
        StartedJob started;
        try
        {
            started = await _jobs.StartAsync(request.Tenant, JobOrder.Of(request), ct);
        }
        catch (NotConnectedException)
        {
            return null;
        }
        if (started.IsNew)
            await _rings.StepAsync(request.Tenant, request.Platform, started.Job.Id, started.Job.Step, ct);
        return new(started.Job.Id, started.IsNew);
    }
}
