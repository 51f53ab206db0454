using System.Globalization;
using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>The objects API, one record at a time.</summary>
internal static class HubSpotObjects
{
    /// <summary>By ascending id, from where the last page ended.</summary>
    public static int List(HubSpotCall call, Utf8JsonWriter json)
    {
        var table = call.Table;
        var selection = HubSpotSelection.Of(call, table);
        var limit = call.Limit(10, selection.History.Length > 0 ? 50 : 100);
        var wanted = call.Archived;
        HubSpotRecord? last = null;
        var shown = 0;
        var more = false;
        json.WriteStartObject();
        json.WriteStartArray("results");
        for (var i = table.FirstAfter(call.After()); i < table.InOrder.Count && !more; i++)
        {
            var record = table.InOrder[i];
            if (record.ArchivedAt is not null != wanted)
                continue;
            more = shown == limit;
            if (more)
                break;
            HubSpotObjectJson.Write(json, call, table, record, selection);
            last = record;
            shown++;
        }
        json.WriteEndArray();
        if (more)
            HubSpotObjectJson.WritePaging(json, last!.IdText, call.Link(last.IdText));
        json.WriteEndObject();
        return 200;
    }

    public static int Read(HubSpotCall call, Utf8JsonWriter json)
    {
        var table = call.Table;
        var record = Existing(call, table, call.Archived);
        HubSpotObjectJson.Write(json, call, table, record, HubSpotSelection.Of(call, table));
        return 200;
    }

    public static int Create(HubSpotCall call, Utf8JsonWriter json)
    {
        var table = call.Table;
        var draft = HubSpotDraft.ForCreate(call.Account, table, HubSpotJson.Properties(call.Body));
        var associations = HubSpotNewAssociations.Read(call, table, call.Body);
        var record = HubSpotWrites.Create(call.Account, table, draft, call.Origin);
        associations.AddTo(call, record);
        call.Request.HttpContext.Response.Headers.Location = $"https://api.hubapi.com{call.Request.Path}/{record.IdText}";
        HubSpotObjectJson.Write(json, call, table, record, HubSpotSelection.Everything);
        return 201;
    }

    /// <summary>The id of a record that was merged away still works here, unlike in batches.</summary>
    public static int Update(HubSpotCall call, Utf8JsonWriter json)
    {
        var table = call.Table;
        var record = Existing(call, table, archived: false);
        var properties = HubSpotJson.Properties(call.Body);
        HubSpotWrites.Update(call.Account, table, record, HubSpotDraft.ForUpdate(call.Account, table, record, properties), call.Origin);
        HubSpotObjectJson.Write(json, call, table, record, HubSpotSelection.Of(table, properties.Keys, []));
        return 200;
    }

    /// <summary>204 whether or not there was such a record.</summary>
    public static int Archive(HubSpotCall call, Utf8JsonWriter json)
    {
        var table = call.Table;
        if (table.Resolve(call.Route("id")) is { ArchivedAt: null } record)
            HubSpotWrites.Archive(call.Account, table, record, call.Origin);
        return 204;
    }

    public static int Merge(HubSpotCall call, Utf8JsonWriter json)
    {
        var table = call.Table;
        if (!table.Type.HasNamedWebhooks)
            throw HubSpotProblem.Invalid($"Objects of type {table.Type.Id} cannot be merged");
        var primary = Live(table, HubSpotJson.Required(call.Body, "primaryObjectId"));
        var other = Live(table, HubSpotJson.Required(call.Body, "objectIdToMerge"));
        var survivor = HubSpotMerge.Merge(call.Account, table, primary, other, call.Account.Options.Faults.MergesMakeNewRecord, call.Origin);
        HubSpotObjectJson.Write(json, call, table, survivor, HubSpotSelection.Everything);
        return 200;
    }

    public static int GdprDelete(HubSpotCall call, Utf8JsonWriter json)
    {
        var table = call.Table;
        var id = HubSpotJson.Required(call.Body, "objectId");
        var record = HubSpotJson.Optional(call.Body, "idProperty") is { } property
            ? ByValue(table, property, id)
            : table.Resolve(id);
        if (record is not null)
            HubSpotWrites.Erase(call.Account, table, record, call.Origin);
        return 204;
    }

    /// <summary>The live record with that value of a unique property; contacts are found by their additional addresses, too.</summary>
    /// <exception cref="HubSpotProblem">The property is not one that identifies records.</exception>
    public static HubSpotRecord? ByValue(HubSpotTable table, string property, string value)
    {
        if (property == "hs_object_id")
            return table.Find(value);
        if (table.Properties.Find(property) is not { } found || !table.IsUnique(found))
            throw HubSpotProblem.Invalid($"Property \"{property}\" is not a unique identifier of {table.Type.ErrorName}");
        return HubSpotValues.Accept(found, value).Text is { } text ? table.FindByValue(property, text) : null;
    }

    private static HubSpotRecord Existing(HubSpotCall call, HubSpotTable table, bool archived)
    {
        var id = call.Route("id");
        var record = call.Query("idProperty") is { Length: > 0 } property ? ByValue(table, property, id) : table.Resolve(Numeric(id));
        return record is not null && record.ArchivedAt is not null == archived ? record : throw HubSpotProblem.NotFound();
    }

    private static HubSpotRecord Live(HubSpotTable table, string id) =>
        table.Resolve(id) is { ArchivedAt: null } record ? record : throw HubSpotProblem.NotFound();

    private static string Numeric(string id)
    {
        if (long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            return id;
        throw new HubSpotProblem(404, "OBJECT_NOT_FOUND", "Object not found.  objectId are usually numeric.")
        {
            Context = new() { ["id"] = [id] },
        };
    }
}
