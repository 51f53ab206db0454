using Forge.Crm.Adapters.Timers;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Timers;

/// <summary>Every quarter of an hour: rules whose time has come, such as deals that are about to close and of which nothing was heard.</summary>
public sealed class TimedRulesFunction(TimedWork work)
{
    [Function("timed-rules")]
    public Task RunAsync([TimerTrigger("0 */15 * * * *")] TimerInfo timer, CancellationToken ct) => work.RunTimedRulesAsync(ct);
}
