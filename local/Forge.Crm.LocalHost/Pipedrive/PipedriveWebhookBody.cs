using System.Globalization;
using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>The body of one delivery.</summary>
internal static class PipedriveWebhookBody
{
    private static readonly Dictionary<string, string> FirstVersionActions = new() { ["create"] = "added", ["change"] = "updated", ["delete"] = "deleted" };

    public static JsonObject Of(PipedriveAccount account, PipedriveWebhook webhook, PipedriveEvent item, int attempt) =>
        webhook.Version == "1.0" ? First(account, webhook, item, attempt) : Second(account, webhook, item, attempt);

    private static JsonObject Second(PipedriveAccount account, PipedriveWebhook webhook, PipedriveEvent item, int attempt)
    {
        var user = PipedriveNumbers.Text(item.Origin.UserId);
        var meta = new JsonObject
        {
            ["action"] = item.Action,
            ["entity"] = item.Entity,
            ["company_id"] = PipedriveNumbers.Text(account.CompanyId),
            ["correlation_id"] = item.Id.ToString(),
            ["entity_id"] = item.EntityId,
            ["id"] = item.Id.ToString(),
            ["is_bulk_edit"] = false,
            ["timestamp"] = PipedriveTime.Precise(item.At),
            ["type"] = "general",
            ["user_id"] = user,
            ["version"] = "2.0",
            ["webhook_id"] = PipedriveNumbers.Text(webhook.Id),
            ["webhook_owner_id"] = PipedriveNumbers.Text(webhook.UserId),
            ["change_source"] = item.Origin.Source,
            ["attempt"] = attempt,
            ["host"] = $"{account.Domain}.pipedrive.com",
            ["permitted_user_ids"] = new JsonArray([.. account.Users.Select(known => PipedriveNumbers.Text(known.Id))]),
        };
        if (item.MergedTo is not null)
            meta["merged_to_id"] = item.MergedTo;
        if (item.MergedFrom is not null)
            meta["merged_from_id"] = item.MergedFrom;
        return new() { ["data"] = item.Data?.DeepClone(), ["previous"] = item.Previous?.DeepClone(), ["meta"] = meta };
    }

    /// <summary>Only where version 1.0 was asked for: whole objects, flat custom fields, times without a zone.</summary>
    private static JsonObject First(PipedriveAccount account, PipedriveWebhook webhook, PipedriveEvent item, int attempt)
    {
        var action = item.MergedFrom is null ? FirstVersionActions[item.Action] : "merged";
        var current = item.Data is null ? null : Flat(item.Data);
        if (item.MergedFrom is not null)
            current!["merge_what_id"] = long.Parse(item.MergedFrom, CultureInfo.InvariantCulture);
        var previous = item.Loser is { } loser ? Flat(loser) : item.Previous is null ? null : Flat(Whole(item));
        return new()
        {
            ["v"] = 1,
            ["matches_filters"] = new JsonObject { ["current"] = new JsonArray(), ["previous"] = new JsonArray() },
            ["meta"] = new JsonObject
            {
                ["v"] = 1,
                ["action"] = action,
                ["object"] = item.Entity,
                ["id"] = long.TryParse(item.EntityId, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : item.EntityId,
                ["company_id"] = account.CompanyId,
                ["user_id"] = item.Origin.UserId,
                ["host"] = $"{account.Domain}.pipedrive.com",
                ["timestamp"] = item.At.ToUnixTimeSeconds(),
                ["timestamp_micro"] = item.At.ToUnixTimeMilliseconds() * 1_000,
                ["permitted_user_ids"] = new JsonArray([.. account.Users.Select(known => known.Id)]),
                ["trans_pending"] = false,
                ["is_bulk_update"] = false,
                ["pipedrive_service_name"] = false,
                ["change_source"] = item.Origin.Source,
                ["webhook_id"] = webhook.Id,
            },
            ["retry"] = attempt - 1,
            ["current"] = current,
            ["previous"] = previous,
            ["event"] = $"{action}.{item.Entity}",
        };
    }

    private static JsonObject Whole(PipedriveEvent item)
    {
        var whole = item.Data?.DeepClone().AsObject() ?? [];
        foreach (var (name, value) in item.Previous!)
        {
            if (name == "custom_fields" && whole[name] is JsonObject custom)
                foreach (var (code, content) in value!.AsObject())
                    custom[code] = content?.DeepClone();
            else
                whole[name] = value?.DeepClone();
        }
        return whole;
    }

    private static JsonObject Flat(JsonObject fields)
    {
        var flat = new JsonObject();
        foreach (var (name, value) in fields.Where(member => member.Key != "custom_fields"))
            flat[Renamed(name)] = PipedriveTime.TryParse(name.EndsWith("_time", StringComparison.Ordinal) ? PipedriveRecord.TextOf(value) : null, out var at)
                ? PipedriveTime.FirstVersion(at)
                : value?.DeepClone();
        foreach (var (code, value) in fields["custom_fields"] as JsonObject ?? [])
        {
            flat[code] = value?["values"] is JsonArray options
                ? string.Join(',', options.Select(option => PipedriveRecord.TextOf(option!["id"])))
                : (value?["value"] ?? value?["from"] ?? value?["id"])?.DeepClone();
            foreach (var part in new[] { "currency", "until" })
            {
                if (value?[part] is { } beside)
                    flat[$"{code}_{part}"] = beside.DeepClone();
            }
        }
        return flat;
    }

    private static string Renamed(string name) => name switch { "emails" => "email", "phones" => "phone", _ => name };
}
