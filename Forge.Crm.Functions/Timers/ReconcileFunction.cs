using Forge.Crm.Adapters.Timers;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Timers;

/// <summary>Every minute: starts the sync jobs whose interval has passed, and the nightly sweeps.</summary>
public sealed class ReconcileFunction(TimedWork work)
{
    [Function("reconcile")]
    public Task RunAsync([TimerTrigger("15 * * * * *")] TimerInfo timer, CancellationToken ct) => work.ReconcileAsync(ct);
}
