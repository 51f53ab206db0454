using Forge.Crm.Adapters.Timers;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Timers;

/// <summary>Every ten seconds: leads that rules make at HubSpot.</summary>
public sealed class HubSpotLeadsFunction(TimedWork work)
{
    [Function("hubspot-leads")]
    public Task RunAsync([TimerTrigger("*/10 * * * * *")] TimerInfo timer, CancellationToken ct) => work.MakeLeadsAsync(ct);
}
