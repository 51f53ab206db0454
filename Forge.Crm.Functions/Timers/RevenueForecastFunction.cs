using Forge.Crm.Adapters.Timers;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Timers;

/// <summary>Every quarter of an hour: the revenue forecasts of the tenants whose midnight has passed.</summary>
public sealed class RevenueForecastFunction(TimedWork work)
{
    [Function("revenue-forecast")]
    public Task RunAsync([TimerTrigger("0 1/15 * * * *")] TimerInfo timer, CancellationToken ct) => work.TakeRevenueForecastsAsync(ct);
}
