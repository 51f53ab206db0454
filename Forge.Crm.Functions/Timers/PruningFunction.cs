using Forge.Crm.Adapters.Timers;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Timers;

/// <summary>Every night: clears old, finished events out of the journal.</summary>
public sealed class PruningFunction(TimedWork work)
{
    [Function("pruning")]
    public Task RunAsync([TimerTrigger("0 40 3 * * *")] TimerInfo timer, CancellationToken ct) => work.PruneAsync(ct);
}
