using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Writes records, pages and batch frames.</summary>
internal static class HubSpotObjectJson
{
    /// <summary>How many associations a read shows of one type before it points to the associations API.</summary>
    private const int AssociationPage = 500;

    public static void Write(
        Utf8JsonWriter json,
        HubSpotCall call,
        HubSpotTable table,
        HubSpotRecord record,
        HubSpotSelection selection,
        bool? isNew = null,
        string? traceId = null)
    {
        json.WriteStartObject();
        json.WriteString("id", record.IdText);
        WriteProperties(json, table, record, selection);
        if (selection.History.Length > 0)
            WriteHistory(json, record, selection);
        json.WriteString("createdAt", record.Text(table.Created));
        json.WriteString("updatedAt", record.Text(table.Modified, selection.AsOf));
        json.WriteBoolean("archived", record.ArchivedAt is not null);
        if (record.ArchivedAt is { } archivedAt)
            json.WriteString("archivedAt", HubSpotTime.Text(archivedAt));
        if (selection.Associations.Length > 0)
            WriteAssociations(json, call, table, record, selection.Associations);
        if (isNew is { } fresh)
            json.WriteBoolean("new", fresh);
        if (traceId is not null)
            json.WriteString("objectWriteTraceId", traceId);
        json.WriteString("url", $"https://app.hubspot.com/contacts/{call.Account.PortalId}/record/{table.Type.Id}/{record.IdText}");
        json.WriteEndObject();
    }

    public static void WritePaging(Utf8JsonWriter json, string after, string? link)
    {
        json.WriteStartObject("paging");
        json.WriteStartObject("next");
        json.WriteString("after", after);
        if (link is not null)
            json.WriteString("link", link);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A finished batch: its results, and its errors if there are any. The status is 207 then.</summary>
    public static int WriteBatch(
        Utf8JsonWriter json,
        HubSpotCall call,
        int status,
        IReadOnlyList<Action> results,
        IReadOnlyList<(HubSpotProblem Problem, string? TraceId)> errors)
    {
        var now = HubSpotTime.Text(call.Account.Now());
        json.WriteStartObject();
        json.WriteString("status", "COMPLETE");
        json.WriteStartArray("results");
        foreach (var write in InOrder(call, results))
            write();
        json.WriteEndArray();
        if (errors.Count > 0)
        {
            json.WriteNumber("numErrors", errors.Count);
            json.WriteStartArray("errors");
            foreach (var (problem, traceId) in errors)
                problem.WriteEntry(json, traceId);
            json.WriteEndArray();
        }
        json.WriteString("startedAt", now);
        json.WriteString("completedAt", now);
        json.WriteEndObject();
        return errors.Count > 0 ? 207 : status;
    }

    private static IReadOnlyList<Action> InOrder(HubSpotCall call, IReadOnlyList<Action> results)
    {
        if (!call.Account.Options.Faults.ShuffleBatchResults)
            return results;
        var shuffled = results.ToArray();
        new Random(HubSpotNumbers.Seed(call.Account.Options.Seed, results.Count)).Shuffle(shuffled);
        return shuffled;
    }

    private static void WriteProperties(Utf8JsonWriter json, HubSpotTable table, HubSpotRecord record, HubSpotSelection selection)
    {
        json.WriteStartObject("properties");
        if (selection.Properties is { } chosen)
        {
            foreach (var property in chosen)
                json.WriteString(property.EncodedName, record.Text(property, selection.AsOf));
        }
        else
        {
            foreach (var property in table.Properties.InOrder)
            {
                if (record.Text(property) is { } text)
                    json.WriteString(property.EncodedName, text);
            }
        }
        json.WriteEndObject();
    }

    /// <summary>Newest first.</summary>
    private static void WriteHistory(Utf8JsonWriter json, HubSpotRecord record, HubSpotSelection selection)
    {
        json.WriteStartObject("propertiesWithHistory");
        foreach (var property in selection.History)
        {
            json.WriteStartArray(property.EncodedName);
            for (var value = record.Last(property, selection.AsOf); value is not null; value = value.Previous)
            {
                json.WriteStartObject();
                json.WriteString("value", value.Text);
                json.WriteString("timestamp", HubSpotTime.Text(value.At));
                json.WriteString("sourceType", value.Origin.ChangeSource);
                if (value.Origin.SourceId is { } sourceId)
                    json.WriteString("sourceId", sourceId);
                if (value.Origin.UserId is { } userId)
                    json.WriteNumber("updatedByUserId", userId);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    /// <summary>A type without associations has no entry; a pair has one for each of its association types.</summary>
    private static void WriteAssociations(
        Utf8JsonWriter json, HubSpotCall call, HubSpotTable table, HubSpotRecord record, HubSpotObjectType[] types)
    {
        var started = false;
        foreach (var type in types)
        {
            var links = HubSpotAssociations.Live(call.Account, record, type, 0).Take(AssociationPage + 1).ToArray();
            if (links.Length == 0)
                continue;
            if (!started)
                json.WriteStartObject("associations");
            started = true;
            json.WriteStartObject(type.Plural);
            json.WriteStartArray("results");
            foreach (var (id, kinds) in links.Take(AssociationPage))
            {
                foreach (var kind in kinds)
                {
                    json.WriteStartObject();
                    json.WriteString("id", HubSpotNumbers.Text(id));
                    json.WriteString("type", kind.Name);
                    json.WriteEndObject();
                }
            }
            json.WriteEndArray();
            if (links.Length > AssociationPage)
            {
                var after = HubSpotNumbers.Text(links[AssociationPage - 1].Key);
                var path = $"/crm/v4/objects/{table.Type.Plural}/{record.IdText}/associations/{type.Plural}";
                WritePaging(json, after, $"https://api.hubapi.com{path}?after={after}");
            }
            json.WriteEndObject();
        }
        if (started)
            json.WriteEndObject();
    }
}
