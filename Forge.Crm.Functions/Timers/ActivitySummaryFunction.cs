using Forge.Crm.Adapters.Timers;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Timers;

/// <summary>Every quarter of an hour: the activity summaries of the weeks that are open.</summary>
public sealed class ActivitySummaryFunction(TimedWork work)
{
    [Function("activity-summary")]
    public Task RunAsync([TimerTrigger("45 */15 * * * *")] TimerInfo timer, CancellationToken ct) => work.TakeActivitySummariesAsync(ct);
}
