using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>A change, as it is told: in the shape of version 2 of the webhooks, whatever version a webhook wants.</summary>
/// <param name="Data">The record after it; null for a deletion.</param>
/// <param name="Previous">Null for a creation, only the changed members for a change, all of them for a deletion.</param>
/// <param name="Loser">Of the survivor's half of a merge: what the other record was.</param>
internal sealed record PipedriveEvent(
    string Action, string Entity, string EntityId, JsonObject? Data, JsonObject? Previous, PipedriveOrigin Origin, DateTimeOffset At, Guid Id,
    string? MergedTo = null, string? MergedFrom = null, JsonObject? Loser = null);

/// <summary>Turns changes of one account into webhook events. Called under the account's gate, so events arise in the order of the changes.</summary>
internal sealed class PipedriveEvents(PipedriveAccount account)
{
    public void Created(PipedriveTable table, PipedriveRecord record, PipedriveOrigin origin) =>
        Raise("create", table.Entity.Singular, PipedriveNumbers.Text(record.Id), PipedriveEventShape.Of(table, record.Fields), null, origin);

    public void Changed(
        PipedriveTable table, PipedriveRecord record, JsonObject former, IEnumerable<string> changed, PipedriveOrigin origin, long? mergedFrom)
    {
        var data = PipedriveEventShape.Of(table, record.Fields);
        var before = PipedriveEventShape.Of(table, former);
        Raise(
            "change", table.Entity.Singular, PipedriveNumbers.Text(record.Id), data, Difference(before, data), origin,
            mergedFrom: mergedFrom is { } id ? PipedriveNumbers.Text(id) : null, loser: Loser(table, mergedFrom));
    }

    public void Deleted(PipedriveTable table, long id, JsonObject former, PipedriveOrigin origin, long? mergedTo) => Raise(
        "delete", table.Entity.Singular, PipedriveNumbers.Text(id), null, PipedriveEventShape.Of(table, former), origin,
        mergedTo is { } survivor ? PipedriveNumbers.Text(survivor) : null);

    /// <summary>For leads and notes, whose shapes are those of version 1 of the API.</summary>
    public void Raise(
        string action, string entity, string id, JsonObject? data, JsonObject? previous, PipedriveOrigin origin,
        string? mergedTo = null, string? mergedFrom = null, JsonObject? loser = null)
    {
        var raised = new PipedriveEvent(action, entity, id, data, previous, origin, account.Now(), Guid.NewGuid(), mergedTo, mergedFrom, loser);
        account.Options.Webhooks.Witness?.Invoke(account, raised);
        account.Webhooks.Raise(raised);
    }

    private static JsonObject? Loser(PipedriveTable table, long? id) =>
        id is { } lost && table.Find(PipedriveNumbers.Text(lost)) is { } record ? PipedriveEventShape.Of(table, record.Fields) : null;

    /// <summary>The former values of what changed; of custom fields, too, only those that did.</summary>
    public static JsonObject Difference(JsonObject before, JsonObject after)
    {
        var previous = new JsonObject();
        foreach (var name in before.Select(member => member.Key).Union(after.Select(member => member.Key)))
        {
            var (old, now) = (before[name], after[name]);
            if (JsonNode.DeepEquals(old, now))
                continue;
            previous[name] = name == "custom_fields" && old is JsonObject former && now is JsonObject current ? Difference(former, current) : old?.DeepClone();
        }
        return previous;
    }
}

/// <summary>What webhooks show otherwise than the API (documentation, "Webhooks v2 migration guide").</summary>
internal static class PipedriveEventShape
{
    public static JsonObject Of(PipedriveTable table, JsonObject fields)
    {
        var shown = fields.DeepClone().AsObject();
        shown.Remove("is_deleted");
        shown.Remove("is_archived");
        if (shown.ContainsKey("visible_to"))
            shown["visible_to"] = PipedriveRecord.TextOf(shown["visible_to"]);
        if (table.Entity == PipedriveEntity.Person || table.Entity == PipedriveEntity.Organization)
        {
            shown["label"] = (shown["label_ids"] as JsonArray)?.FirstOrDefault()?.DeepClone();
            shown.Remove("label_ids");
        }
        if (table.Entity == PipedriveEntity.Activity)
            Activity(shown);
        if (shown["custom_fields"] is JsonObject custom)
            shown["custom_fields"] = new JsonObject(custom.Select(field => KeyValuePair.Create<string, JsonNode?>(
                field.Key, table.CustomFields.Find(known => known.Code == field.Key)?.Typed(field.Value))));
        return shown;
    }

    private static void Activity(JsonObject shown)
    {
        shown["active_flag"] = true;
        shown["busy_flag"] = shown["busy"]?.DeepClone();
        shown.Remove("busy");
        foreach (var name in new[] { "due_time", "duration" })
            shown[name] = shown[name] is { } time ? new JsonObject { ["timezone_id"] = null, ["value"] = time.DeepClone() } : null;
    }
}
