using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>The associations API (version 4) of one record, and the labels between two types.</summary>
internal static class HubSpotAssociations
{
    private const int MostLinks = 500;

    /// <summary>What the record is associated with, without records in the recycle bin.</summary>
    public static IEnumerable<KeyValuePair<long, List<HubSpotAssociationType>>> Live(
        HubSpotAccount account, HubSpotRecord record, HubSpotObjectType to, long after) =>
        record.Links.After(to, after).Where(link => account.Table(to).ById(link.Key) is { ArchivedAt: null });

    public static int List(HubSpotCall call, Utf8JsonWriter json)
    {
        var from = Existing(call.Table, call.Route("id"));
        var limit = call.Limit(MostLinks, MostLinks);
        var links = Live(call.Account, from, call.TableOf("to").Type, call.After()).Take(limit + 1).ToArray();
        json.WriteStartObject();
        json.WriteStartArray("results");
        foreach (var link in links.Take(limit))
            WriteLink(json, call, link);
        json.WriteEndArray();
        if (links.Length > limit)
        {
            var after = HubSpotNumbers.Text(links[limit - 1].Key);
            HubSpotObjectJson.WritePaging(json, after, call.Link(after));
        }
        json.WriteEndObject();
        return 200;
    }

    public static int PutDefault(HubSpotCall call, Utf8JsonWriter json)
    {
        var (from, to, type) = Pair(call);
        call.Account.Associations.Add(from, to, [type], call.Origin);
        return HubSpotObjectJson.WriteBatch(json, call, 200, [() => WriteDefault(json, call, from, to, type)], []);
    }

    public static int PutLabels(HubSpotCall call, Utf8JsonWriter json)
    {
        var (from, to, unlabelled) = Pair(call);
        if (call.Body.ValueKind != JsonValueKind.Array || call.Body.GetArrayLength() == 0)
            throw HubSpotProblem.InvalidJson("Expected an array of association types");
        var types = call.Body.EnumerateArray().Select(spec => Type(call, unlabelled.From, unlabelled.To, spec)).ToArray();
        call.Account.Associations.Replace(from, to, types, call.Origin);
        WritePair(json, call, from, to, types);
        return 201;
    }

    public static int Delete(HubSpotCall call, Utf8JsonWriter json)
    {
        if (call.Table.Resolve(call.Route("id")) is { } from && call.TableOf("to").Resolve(call.Route("toId")) is { } to)
            call.Account.Associations.Remove(from, to, call.TableOf("to").Type, call.Origin);
        return 204;
    }

    public static int Labels(HubSpotCall call, Utf8JsonWriter json) =>
        WriteTypes(json, call.Account.Associations.Types.Between(call.Table.Type, call.TableOf("to").Type));

    public static int DefineLabel(HubSpotCall call, Utf8JsonWriter json) => WriteTypes(json, call.Account.Associations.Types.Define(
        call.Table.Type,
        call.TableOf("to").Type,
        HubSpotJson.Required(call.Body, "name"),
        HubSpotJson.Required(call.Body, "label"),
        HubSpotJson.Optional(call.Body, "inverseLabel")));

    public static HubSpotRecord Existing(HubSpotTable table, string id) =>
        table.Resolve(id) is { ArchivedAt: null } record ? record : throw HubSpotBatchRead.Missing(table, [id]);

    /// <exception cref="HubSpotProblem">There is no such association between the two types.</exception>
    public static HubSpotAssociationType Type(HubSpotCall call, HubSpotObjectType from, HubSpotObjectType to, JsonElement spec)
    {
        var id = HubSpotJson.RequiredNumber(spec, "associationTypeId");
        return call.Account.Associations.Types.Find(from, to, id)
            ?? throw HubSpotProblem.Invalid($"invalid association type {id} from object type {from.Id} to {to.Id}");
    }

    public static HubSpotAssociationType Unlabelled(HubSpotCall call, HubSpotObjectType from, HubSpotObjectType to) =>
        call.Account.Associations.Types.Unlabelled(from, to)
        ?? throw HubSpotProblem.Invalid($"There is no default association type from {from.Id} to {to.Id}");

    public static void WriteLink(Utf8JsonWriter json, HubSpotCall call, KeyValuePair<long, List<HubSpotAssociationType>> link)
    {
        json.WriteStartObject();
        WriteId(json, call, "toObjectId", link.Key);
        json.WriteStartArray("associationTypes");
        foreach (var type in link.Value)
            WriteType(json, type);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteDefault(Utf8JsonWriter json, HubSpotCall call, HubSpotRecord from, HubSpotRecord to, HubSpotAssociationType type)
    {
        json.WriteStartObject();
        WriteEnd("from", from);
        WriteEnd("to", to);
        json.WriteStartObject("associationSpec");
        json.WriteString("associationCategory", type.Category);
        json.WriteNumber("associationTypeId", type.Id);
        json.WriteEndObject();
        json.WriteEndObject();

        void WriteEnd(string name, HubSpotRecord record)
        {
            json.WriteStartObject(name);
            json.WriteString("id", record.IdText);
            json.WriteEndObject();
        }
    }

    public static void WritePair(
        Utf8JsonWriter json, HubSpotCall call, HubSpotRecord from, HubSpotRecord to, IReadOnlyCollection<HubSpotAssociationType> types)
    {
        json.WriteStartObject();
        json.WriteString("fromObjectTypeId", types.First().From.Id);
        WriteId(json, call, "fromObjectId", from.Id);
        json.WriteString("toObjectTypeId", types.First().To.Id);
        WriteId(json, call, "toObjectId", to.Id);
        json.WriteStartArray("labels");
        foreach (var label in types.Select(type => type.Label).OfType<string>())
            json.WriteStringValue(label);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static (HubSpotRecord From, HubSpotRecord To, HubSpotAssociationType Default) Pair(HubSpotCall call)
    {
        var (from, to) = (call.Table, call.TableOf("to"));
        return (Existing(from, call.Route("id")), Existing(to, call.Route("toId")), Unlabelled(call, from.Type, to.Type));
    }

    private static int WriteTypes(Utf8JsonWriter json, IEnumerable<HubSpotAssociationType> types)
    {
        json.WriteStartObject();
        json.WriteStartArray("results");
        foreach (var type in types)
            WriteType(json, type);
        json.WriteEndArray();
        json.WriteEndObject();
        return 200;
    }

    private static void WriteType(Utf8JsonWriter json, HubSpotAssociationType type)
    {
        json.WriteStartObject();
        json.WriteString("category", type.Category);
        json.WriteNumber("typeId", type.Id);
        json.WriteString("label", type.Label);
        json.WriteEndObject();
    }

    /// <summary>The description says string, the guide's samples show numbers: both are met in the wild.</summary>
    private static void WriteId(Utf8JsonWriter json, HubSpotCall call, string name, long id)
    {
        if (call.Account.Options.NumericAssociationIds)
            json.WriteNumber(name, id);
        else
            json.WriteString(name, HubSpotNumbers.Text(id));
    }
}
