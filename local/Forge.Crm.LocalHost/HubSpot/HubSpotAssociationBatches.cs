using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>The batch half of the associations API (version 4).</summary>
internal static class HubSpotAssociationBatches
{
    private const int MostReads = 1_000;
    private const int MostWrites = 2_000;
    private const int MostLinks = 500;

    /// <summary>A record without such associations is an error of its own in a 207, not an empty result.</summary>
    public static int Read(HubSpotCall call, Utf8JsonWriter json)
    {
        var (from, to) = (call.Table, call.TableOf("to").Type);
        var results = new List<Action>();
        var errors = new List<(HubSpotProblem, string?)>();
        foreach (var input in call.Inputs(MostReads))
        {
            var id = HubSpotJson.Required(input, "id");
            var after = HubSpotJson.Optional(input, "after") is null ? 0 : HubSpotJson.RequiredNumber(input, "after");
            var record = from.Resolve(id);
            var links = record is { ArchivedAt: null }
                ? HubSpotAssociations.Live(call.Account, record, to, after).Take(MostLinks + 1).ToArray()
                : [];
            if (links.Length == 0)
                errors.Add((NoneFound(id, from.Type, to), null));
            else
                results.Add(() => WriteLinks(json, call, id, links));
        }
        return HubSpotObjectJson.WriteBatch(json, call, 200, results, errors);
    }

    public static int Create(HubSpotCall call, Utf8JsonWriter json) => Write(call, json, 201, MostWrites, (from, to, input) =>
    {
        var types = Types(call, input);
        call.Account.Associations.Add(from, to, types, call.Origin);
        return () => HubSpotAssociations.WritePair(json, call, from, to, types);
    });

    public static int CreateDefault(HubSpotCall call, Utf8JsonWriter json)
    {
        var type = HubSpotAssociations.Unlabelled(call, call.Table.Type, call.TableOf("to").Type);
        return Write(call, json, 200, MostWrites, (from, to, _) =>
        {
            call.Account.Associations.Add(from, to, [type], call.Origin);
            return () => HubSpotAssociations.WriteDefault(json, call, from, to, type);
        });
    }

    public static int Archive(HubSpotCall call, Utf8JsonWriter json)
    {
        foreach (var input in call.Inputs(MostWrites))
        {
            foreach (var target in HubSpotJson.RequiredElements(input, "to"))
            {
                if (Known(call, HubSpotJson.RequiredId(input, "from"), HubSpotJson.Required(target, "id")) is { From: { } from, To: { } to })
                    call.Account.Associations.Remove(from, to, call.TableOf("to").Type, call.Origin);
            }
        }
        return Done(call, json);
    }

    public static int ArchiveLabels(HubSpotCall call, Utf8JsonWriter json)
    {
        foreach (var input in call.Inputs(MostWrites))
        {
            var types = Types(call, input);
            if (Known(call, HubSpotJson.RequiredId(input, "from"), HubSpotJson.RequiredId(input, "to")) is { From: { } from, To: { } to })
                call.Account.Associations.Remove(from, to, types, call.Origin);
        }
        return Done(call, json);
    }

    private static int Write(
        HubSpotCall call, Utf8JsonWriter json, int status, int most, Func<HubSpotRecord, HubSpotRecord, JsonElement, Action> write)
    {
        var results = new List<Action>();
        var errors = new List<(HubSpotProblem, string?)>();
        foreach (var input in call.Inputs(most))
        {
            try
            {
                var from = HubSpotAssociations.Existing(call.Table, HubSpotJson.RequiredId(input, "from"));
                var to = HubSpotAssociations.Existing(call.TableOf("to"), HubSpotJson.RequiredId(input, "to"));
                results.Add(write(from, to, input));
            }
            catch (HubSpotProblem problem)
            {
                errors.Add((problem, null));
            }
        }
        return HubSpotObjectJson.WriteBatch(json, call, status, results, errors);
    }

    /// <summary>Version 4 answers nothing; the date-versioned paths answer an empty batch ("BatchResponse" of their description).</summary>
    private static int Done(HubSpotCall call, Utf8JsonWriter json) =>
        call.DateVersion is null ? 204 : HubSpotObjectJson.WriteBatch(json, call, 200, [], []);

    private static HubSpotAssociationType[] Types(HubSpotCall call, JsonElement input) =>
        HubSpotJson.RequiredElements(input, "types") is { Length: > 0 } specs
            ? [.. specs.Select(spec => HubSpotAssociations.Type(call, call.Table.Type, call.TableOf("to").Type, spec))]
            : throw HubSpotProblem.Invalid("types must not be empty");

    private static (HubSpotRecord? From, HubSpotRecord? To) Known(HubSpotCall call, string from, string to) =>
        (call.Table.Resolve(from), call.TableOf("to").Resolve(to));

    private static HubSpotProblem NoneFound(string id, HubSpotObjectType from, HubSpotObjectType to) =>
        new(404, "OBJECT_NOT_FOUND", $"No {to.Singular} is associated with {from.Singular} {id}.")
        {
            SubCategory = "crm.associations.NO_ASSOCIATIONS_FOUND",
            Context = new() { ["fromObjectId"] = [id], ["fromObjectType"] = [from.Singular], ["toObjectType"] = [to.Singular] },
        };

    private static void WriteLinks(Utf8JsonWriter json, HubSpotCall call, string id, KeyValuePair<long, List<HubSpotAssociationType>>[] links)
    {
        json.WriteStartObject();
        json.WriteStartObject("from");
        json.WriteString("id", id);
        json.WriteEndObject();
        json.WriteStartArray("to");
        foreach (var link in links.Take(MostLinks))
            HubSpotAssociations.WriteLink(json, call, link);
        json.WriteEndArray();
        if (links.Length > MostLinks)
            HubSpotObjectJson.WritePaging(json, HubSpotNumbers.Text(links[MostLinks - 1].Key), null);
        json.WriteEndObject();
    }
}
