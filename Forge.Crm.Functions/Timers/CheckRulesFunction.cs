using Forge.Crm.Adapters.Timers;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Timers;

/// <summary>Every half minute: rules that were written by SQL are held against the schema, and begin to act or are switched off.</summary>
public sealed class CheckRulesFunction(TimedWork work)
{
    [Function("check-rules")]
    public Task RunAsync([TimerTrigger("*/30 * * * * *")] TimerInfo timer, CancellationToken ct) => work.CheckRulesAsync(ct);
}
