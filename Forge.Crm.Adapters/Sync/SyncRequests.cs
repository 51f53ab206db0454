using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>A sync job that a person's request started, or found under way.</summary>
/// <param name="IsNew">False: it was there already, and nothing was started beside it.</param>
public sealed record RequestedJob(Guid Id, bool IsNew);

/// <summary>What became of one platform of a request for all of a tenant's.</summary>
/// <param name="Id">Of its job; null where none could be started.</param>
/// <param name="Problem">Why it was not.</param>
public sealed record PlatformJob(string Platform, Guid? Id, bool IsNew, string? Problem);

/// <summary>Sync on demand: starts the job and rings for its first step; the steps run on the bus.</summary>
public sealed class SyncRequests
{
    private readonly JobStore _jobs;
    private readonly Rings _rings;
    private readonly SyncConfigs _configs;

    internal SyncRequests(JobStore jobs, Rings rings, SyncConfigs configs) => (_jobs, _rings, _configs) = (jobs, rings, configs);

    /// <summary>A job for every platform that the tenant has connected; one that cannot start keeps no other from it.</summary>
    /// <param name="request">Whose platform does not count.</param>
    public async Task<IReadOnlyList<PlatformJob>> StartAllAsync(SyncRequest request, CancellationToken ct)
    {
        var started = new List<PlatformJob>();
        var config = await _configs.ReadAsync(request.Tenant, null, ct);
        foreach (var platform in config?.Platforms.Where(platform => platform is { IsEnabled: true, SecretRef: not null }).Select(platform => platform.Platform) ?? [])
        {
            try
            {
                if (await StartAsync(request with { Platform = platform }, ct) is { } job)
                    started.Add(new(platform.ToName(), job.Id, job.IsNew, null));
            }
            catch (MatchPlanException e)
            {
                started.Add(new(platform.ToName(), null, false, e.Message));
            }
        }

        return started;
    }

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
