using Forge.Crm.Adapters.Timers;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Timers;

/// <summary>Every day: makes webhooks again that a platform has taken away, and has everything compared where that happened.</summary>
public sealed class CheckWebhooksFunction(TimedWork work)
{
    [Function("check-webhooks")]
    public Task RunAsync([TimerTrigger("0 20 4 * * *")] TimerInfo timer, CancellationToken ct) => work.CheckWebhooksAsync(ct);
}
