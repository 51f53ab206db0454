using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Records;

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

    /// <param name="mode">Null: a first load until one was completed, then what changed.</param>
    /// <param name="kinds">Empty: all that are synced.</param>
    /// <param name="requestedBy">The person; stands in the history of what the job writes.</param>
    /// <returns>Null where the tenant has not connected the platform.</returns>
    public async Task<RequestedJob?> StartAsync(
        TenantId tenant, Platform platform, SyncMode? mode, IReadOnlyCollection<RecordKind> kinds, string requestedBy, CancellationToken ct)
    {
        StartedJob started;
        try
        {
            started = await _jobs.StartAsync(tenant, new(platform, mode, kinds, null, requestedBy), ct);
        }
        catch (NotConnectedException)
        {
            return null;
        }
        if (started.IsNew)
            await _rings.StepAsync(tenant, platform, started.Job.Id, started.Job.Step, ct);
        return new(started.Job.Id, started.IsNew);
    }
}
