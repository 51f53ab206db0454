using System.Collections.Frozen;
using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Properties that HubSpot fills in from others and that nobody may write.</summary>
internal static class HubSpotDerived
{
    private static readonly FrozenDictionary<HubSpotObjectType, Func<HubSpotAccount, HubSpotTable, HubSpotRecord, IEnumerable<(string, string)>>> ByType =
        new Dictionary<HubSpotObjectType, Func<HubSpotAccount, HubSpotTable, HubSpotRecord, IEnumerable<(string, string)>>>
        {
            [HubSpotObjectType.Deal] = Stage,
            [HubSpotObjectType.Email] = Sender,
        }.ToFrozenDictionary();

    public static IEnumerable<(string Property, string Text)> Of(HubSpotAccount account, HubSpotTable table, HubSpotRecord record) =>
        ByType.TryGetValue(table.Type, out var derive) ? derive(account, table, record) : [];

    private static IEnumerable<(string, string)> Stage(HubSpotAccount account, HubSpotTable table, HubSpotRecord record)
    {
        var pipeline = record.Text(table.Properties["pipeline"]);
        var stageId = record.Text(table.Properties["dealstage"]);
        var stage = account.DealPipelines.Find(candidate => candidate.Id == pipeline)?.Stages.FirstOrDefault(candidate => candidate.Id == stageId);
        if (stage is null)
            yield break;
        yield return ("hs_deal_stage_probability", stage.Probability);
        yield return ("hs_is_closed", stage.IsClosed ? "true" : "false");
        yield return ("hs_is_closed_won", stage.IsWon ? "true" : "false");
        yield return ("hs_closed_amount", stage.IsWon ? record.Text(table.Properties["amount"]) ?? "0" : "0");
    }

    /// <remarks>"Engagements: emails" ("Set email headers"): <c>{"from": {"email", "firstName", "lastName"}, "to": [...]}</c> as a text.</remarks>
    private static IEnumerable<(string, string)> Sender(HubSpotAccount account, HubSpotTable table, HubSpotRecord record)
    {
        var from = From(record.Text(table.Properties["hs_email_headers"]));
        yield return ("hs_email_from_email", TextOf(from, "email"));
        yield return ("hs_email_from_firstname", TextOf(from, "firstName"));
        yield return ("hs_email_from_lastname", TextOf(from, "lastName"));
    }

    private static JsonElement From(string? headers)
    {
        try
        {
            var document = JsonElement.Parse(headers ?? "{}");
            return document.ValueKind == JsonValueKind.Object && document.TryGetProperty("from", out var from) ? from : default;
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string TextOf(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
}
