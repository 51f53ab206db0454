using Forge.Crm.Adapters.Timers;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Timers;

/// <summary>Every five seconds: rings for pending work that nobody came for.</summary>
public sealed class RelayFunction(TimedWork work)
{
    [Function("relay")]
    public Task RunAsync([TimerTrigger("*/5 * * * * *")] TimerInfo timer, CancellationToken ct) => work.RelayAsync(ct);
}
