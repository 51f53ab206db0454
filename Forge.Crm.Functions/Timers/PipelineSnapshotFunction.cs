using Forge.Crm.Adapters.Timers;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Timers;

/// <summary>Every quarter of an hour: the daily snapshot of the tenants whose midnight has passed.</summary>
public sealed class PipelineSnapshotFunction(TimedWork work)
{
    [Function("pipeline-snapshot")]
    public Task RunAsync([TimerTrigger("30 */15 * * * *")] TimerInfo timer, CancellationToken ct) => work.TakePipelineSnapshotsAsync(ct);
}
