using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.Tests.Simulation;

namespace Forge.Crm.Tests.EndToEnd.RandomPrograms;

/// <summary>
/// What goes wrong between us and the platforms, for all tenants of a round. Calls that fail are few, or the product would rightly stop calling
/// for longer than a test lasts.
/// </summary>
internal sealed class LiveWeather(HubSpotSimulator hubSpot, PipedriveSimulator pipedrive)
{
    private const string HubSpotApi = "/crm/";
    private const string PipedriveApi = "/api/";

    private static readonly TimeSpan Behind = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(400);

    private readonly Lock _gate = new();

    private static Dictionary<string, string> Soon => new() { ["Retry-After"] = "1" };

    public void Turn(Weather weather)
    {
        lock (_gate)
        {
            if (weather.At == Platform.HubSpot)
                TurnHubSpot(weather.Trouble);
            else
                TurnPipedrive(weather.Trouble);
        }
    }

    public void Clear()
    {
        foreach (var platform in new[] { Platform.HubSpot, Platform.Pipedrive })
            Turn(new(platform, Trouble.None));
    }

    private void TurnHubSpot(Trouble trouble)
    {
        var (webhooks, faults) = (hubSpot.Webhooks, hubSpot.Faults);
        faults.Clear();
        webhooks.Drops = trouble == Trouble.WebhooksLost ? 0.4 : 0;
        (webhooks.Duplicates, webhooks.ReorderWindow) = trouble == Trouble.WebhooksDoubled ? (0.5, 8) : (0, 0);
        webhooks.Delay = trouble == Trouble.WebhooksLate ? Late : TimeSpan.Zero;
        (faults.BatchReadLag, faults.SearchIndexLag) = trouble == Trouble.ReadsStale ? (Behind, Behind) : (TimeSpan.Zero, TimeSpan.Zero);
        if (trouble == Trouble.Throttled)
            faults.FailNext(HubSpotApi, new() { Status = 429, Headers = Soon, Body = """{"status":"error","errorType":"RATE_LIMIT","policyName":"SECONDLY"}""" });
        else if (trouble == Trouble.Failing)
            faults.FailNext(HubSpotApi, new() { Status = 503 }, times: 2);
        else if (trouble is Trouble.AnswersLost or Trouble.ConnectionsLost)
            faults.FailNext(HubSpotApi, new() { DropConnection = true, AfterWork = trouble == Trouble.AnswersLost }, times: 2);
    }

    private void TurnPipedrive(Trouble trouble)
    {
        var (webhooks, faults) = (pipedrive.Webhooks, pipedrive.Faults);
        faults.Clear();
        webhooks.Drops = trouble == Trouble.WebhooksLost ? 0.4 : 0;
        webhooks.Duplicates = trouble == Trouble.WebhooksDoubled ? 0.5 : 0;
        webhooks.Delay = trouble == Trouble.WebhooksLate ? Late : TimeSpan.Zero;
        (faults.ListLag, faults.SearchLag) = trouble == Trouble.ReadsStale ? (Behind, Behind) : (TimeSpan.Zero, TimeSpan.Zero);
        if (trouble == Trouble.Throttled)
            faults.FailNext(PipedriveApi, new() { Status = 429, Headers = Soon });
        else if (trouble == Trouble.Failing)
            faults.FailNext(PipedriveApi, new() { Status = 503 }, times: 2);
        else if (trouble is Trouble.AnswersLost or Trouble.ConnectionsLost)
            faults.FailNext(PipedriveApi, new() { DropConnection = true, AfterWork = trouble == Trouble.AnswersLost }, times: 2);
    }
}
