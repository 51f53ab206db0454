using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>
/// The written form of a tenant's own fields on HubSpot or Pipedrive, as <c>crm_sync_configs.mapping</c> holds it: by kind and key,
/// <code>
/// { "contact": { "region": { "property": "sales_region", "type": "choice", "options": { "emea": "EMEA", "apac": "APAC" } },
///                "shoe_size": { "property": "shoe_size", "type": "number" } } }
/// </code>
/// <c>options</c> gives the platform's name for each of the hub's values; where it is left out they are called the same. Contradictions are refused here,
/// when it is saved.
/// </summary>
internal static partial class CustomFieldDocument
{
    private const string Example = "{\"contact\": {\"region\": {\"property\": \"sales_region\", \"type\": \"text\"}}}";

    // All of a kind's properties go into one address (HubSpot answers a long one with 414).
    private const int Most = 100;

    private static readonly string[] Members = ["property", "type", "options"];

    /// <exception cref="FormatException">The document contradicts itself; the message names the place and the remedy.</exception>
    public static ImmutableArray<CustomField> Read(string json, CustomFieldForm form)
    {
        ImmutableArray<CustomField> fields = [.. MappingJson.Members(json, Example).SelectMany(kind => OfKind(kind.Name, kind.Value, form))];
        foreach (var field in fields)
            Check(field, fields, form);
        return fields;
    }

    public static string Write(IEnumerable<CustomField> fields) => new JsonObject(fields.GroupBy(field => field.Kind).Select(kind => KeyValuePair.Create<string, JsonNode?>(
        kind.Key.ToName(), new JsonObject(kind.Select(field => KeyValuePair.Create<string, JsonNode?>(field.Key, Write(field))))))).ToJsonString();

    private static JsonObject Write(CustomField field)
    {
        var written = new JsonObject { ["property"] = field.Property, ["type"] = field.Type.ToName() };
        if (!field.Options.IsEmpty)
            written["options"] = new JsonObject(field.Options.Select(option => KeyValuePair.Create<string, JsonNode?>(option.Ours, option.Theirs)));
        return written;
    }

    private static IEnumerable<CustomField> OfKind(string name, JsonElement value, CustomFieldForm form)
    {
        if (!Names.TryParse<RemoteKind>(name, out var kind) || !form.Kinds.Contains(kind))
            throw new FormatException($"mapping.\"{name}\" is no kind whose records have fields of your own there; there are: {string.Join(", ", form.Kinds.Select(Names.ToName))}");
        var fields = MappingJson.Object($"mapping.\"{name}\"", value, null);
        return fields.Count <= Most
            ? fields.Select(field => Read(kind, field.Key, field.Value))
            : throw new FormatException($"mapping.\"{name}\" names {fields.Count} fields, and there can be {Most}; leave out what no other system needs.");
    }

    private static CustomField Read(RemoteKind kind, string key, JsonElement value)
    {
        var place = $"{kind.ToName()}.{Field.CustomPrefix}{key}";
        if (!Key().IsMatch(key))
            throw new FormatException($"{place}: a key begins with a small letter and has small letters, digits and _ only, at most 63; choose another.");
        var members = MappingJson.Object(place, value, Members);
        string Named(string member) => members.TryGetValue(member, out var text)
            ? MappingJson.Text($"{place}.{member}", text)
            : throw new FormatException($"{place} has no {member}; write {{ \"property\": \"its name there\", \"type\": \"text\" }}.");
        var property = Named("property");
        return Names.TryParse<CustomType>(Named("type"), out var type)
            ? new(kind, key, type, property, members.TryGetValue("options", out var options) ? Options(place, type, options) : [])
            : throw new FormatException($"{place}.type is none of: {string.Join(", ", Enum.GetValues<CustomType>().Select(Names.ToName))}");
    }

    private static ImmutableArray<CustomOption> Options(string place, CustomType type, JsonElement value)
    {
        place += ".options";
        if (!type.HasOptions())
            throw new FormatException($"{place} mean nothing to a field of type {type.ToName()}; leave them out, or make it a choice.");
        ImmutableArray<CustomOption> options = [.. MappingJson.Object(place, value, null).Select(option => Option($"{place}.\"{option.Key}\"", type, option.Key, option.Value))];
        if (options.DistinctBy(option => option.Ours).Count() < options.Length || options.DistinctBy(option => option.Theirs).Count() < options.Length)
            throw new FormatException($"{place} name an option twice; each is one value.");
        if (type == CustomType.Boolean && !options.Select(option => option.Ours).Order().SequenceEqual(["false", "true"]))
            throw new FormatException($"{place} are not those of true and false; write {{ \"true\": \"...\", \"false\": \"...\" }}.");
        return options.IsEmpty ? throw new FormatException($"{place} name none; leave them out.") : options;
    }

    private static CustomOption Option(string place, CustomType type, string ours, JsonElement theirs)
    {
        var text = theirs.ValueKind == JsonValueKind.Number ? theirs.GetRawText() : MappingJson.Text(place, theirs);
        var canonical = Canonical.Of(FieldType.Text, ours, TenantLocale.Default);
        if (canonical is null || (type == CustomType.MultiChoice && (canonical + text).Contains(';', StringComparison.Ordinal)))
            throw new FormatException($"{place} is no option: it is empty, or holds a semicolon, which divides several; choose another word for it.");
        return new(canonical, text);
    }

    private static void Check(CustomField field, ImmutableArray<CustomField> all, CustomFieldForm form)
    {
        if (!form.IsName(field.Property))
            throw new FormatException($"{field.Place}.property is no name of a field there: {form.NameIs}.");
        if (form.IsOurs(field.Kind, field.Property))
            throw new FormatException($"{field.Place}.property '{field.Property}' is used already; the standard fields have it: take it out of the mapping.");
        if (all.Any(other => other != field && other.Kind == field.Kind && other.Property == field.Property))
            throw new FormatException($"{field.Place}.property '{field.Property}' is mapped twice; each is one field.");
        if (all.FirstOrDefault(other => other.Kind.ToRecordKind() == field.Kind.ToRecordKind() && other.Key == field.Key && other.Type != field.Type) is { } unlike)
            throw new FormatException($"{field.Place} is of type {field.Type.ToName()}, and {unlike.Place}, which is the same field, of type {unlike.Type.ToName()}; give both one type, or another key to one.");
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Key();
}
