using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>
/// The written form of <see cref="SupabaseProjectMapping"/>, as <c>crm_sync_configs.mapping</c> holds it: a JSON object from a kind to its table,
/// and beside the kinds <c>schema</c>, <c>owners</c> and <c>stages</c>:
/// <code>
/// { "contact": { "table": "people", "id": "id", "updated_at": "changed_at", "deleted_at": "removed_at", "origin": "written_by",
///                "forge_sync_id": "forge_sync_id", "fields": { "email": "mail", "additional_emails": "other_mails[]" },
///                "links": { "company": "firm_id" } },
///   "call": { "table": "activities", "where": { "type": "call" }, "fields": { "subject": "title" } },
///   "owners": { "table": "staff", "id": "id", "email": "mail" },
///   "stages": [ { "id": "new", "label": "New", "pipeline": "Sales", "status": "open" } ] }
/// </code>
/// <c>id</c> and <c>updated_at</c> are called so where nothing else is said; <c>[]</c> behind a column marks an array. Contradictions are refused
/// here, when it is saved.
/// </summary>
internal static class SupabaseProjectDocument
{
    private const string Example = "{\"contact\": {\"table\": \"...\", \"fields\": {...}}}";

    private static readonly ImmutableArray<string> TableMembers =
        ["table", "id", "updated_at", "created_at", "deleted_at", "origin", "forge_sync_id", "fields", "links", "where"];

    /// <param name="shapeOf">The tenant's fields.</param>
    /// <exception cref="FormatException">The document contradicts itself or the tenant's fields; the message names the place and the remedy.</exception>
    public static SupabaseProjectMapping Read(string json, Func<RecordKind, RecordShape> shapeOf)
    {
        var mapping = SupabaseProjectMapping.None;
        foreach (var member in MappingJson.Members(json, Example))
        {
            mapping = member.Name switch
            {
                "schema" => mapping with { Schema = MappingJson.Name("mapping.schema", member.Value) },
                "owners" => mapping with { Owners = Owners(member.Value) },
                "stages" => mapping with { Stages = Stages(member.Value) },
                _ => mapping with { Tables = mapping.Tables.Add(Table(member.Name, member.Value, shapeOf)) },
            };
        }

        foreach (var table in mapping.Tables)
            Check(mapping, table);
        return mapping;
    }

    private static SupabaseProjectTable Table(string name, JsonElement value, Func<RecordKind, RecordShape> shapeOf)
    {
        var place = $"mapping.\"{name}\"";
        if (!Names.TryParse<RemoteKind>(name, out var kind) || !SupabaseProjectFields.Kinds.Contains(kind))
            throw new FormatException($"{place} is no kind; there are: {string.Join(", ", SupabaseProjectFields.Kinds.Select(Names.ToName))}, and beside them schema, owners, stages");
        var members = MappingJson.Object(place, value, TableMembers);
        string? Named(string member) => members.TryGetValue(member, out var text) ? MappingJson.Name($"{place}.{member}", text) : null;
        return new(
            kind, Named("table") ?? throw new FormatException($"{place} names no table; write \"table\": \"...\"."),
            Named("id") ?? "id", Named("updated_at") ?? "updated_at", Named("created_at"), Named("deleted_at"), Named("origin"), Named("forge_sync_id"),
            Fields(place, kind, members, shapeOf(kind.ToRecordKind())), Links(place, kind, members), Where(place, members));
    }

    private static ImmutableArray<SupabaseProjectColumn> Fields(
        string place, RemoteKind kind, IReadOnlyDictionary<string, JsonElement> members, RecordShape shape)
    {
        ImmutableArray<string> names = [.. shape.Fields.Select(field => field.Name).Where(field => field != SupabaseProjectFields.KindField || kind == RemoteKind.Task)];
        var fields = members.TryGetValue("fields", out var value) ? MappingJson.Object($"{place}.fields", value, names) : null;
        if (fields is not { Count: > 0 })
            throw new FormatException($"{place} maps no field; write \"fields\": {{ \"{shape.Fields[0].Name}\": \"its column\" }}.");
        return [.. fields.Select(field => Column($"{place}.fields.\"{field.Key}\"", field.Key, shape, field.Value))];
    }

    private static SupabaseProjectColumn Column(string place, string field, RecordShape shape, JsonElement value)
    {
        var text = MappingJson.Text(place, value);
        var isArray = text.EndsWith("[]", StringComparison.Ordinal);
        if (isArray && shape.Fields[shape.IndexOf(field)].Type != FieldType.Set)
            throw new FormatException($"{place}: the field holds one value and an array several; name a column that is none.");
        return new(field, MappingJson.Name(place, isArray ? text[..^2] : text), isArray);
    }

    private static ImmutableArray<KeyValuePair<RemoteKind, string>> Links(string place, RemoteKind kind, IReadOnlyDictionary<string, JsonElement> members)
    {
        if (!members.TryGetValue("links", out var value))
            return [];
        ImmutableArray<string> targets = [.. AssociationKinds.From(kind).Select(Names.ToName)];
        return [.. MappingJson.Object($"{place}.links", value, targets)
            .Select(link => KeyValuePair.Create(Names.Parse<RemoteKind>(link.Key), MappingJson.Name($"{place}.links.\"{link.Key}\"", link.Value)))];
    }

    private static SupabaseProjectWhere? Where(string place, IReadOnlyDictionary<string, JsonElement> members)
    {
        if (!members.TryGetValue("where", out var value))
            return null;
        return MappingJson.Object($"{place}.where", value, null) is { Count: 1 } only
            ? new(MappingJson.Name($"{place}.where", only.Keys.Single()), MappingJson.Text($"{place}.where", only.Values.Single()))
            : throw new FormatException($"{place}.where names not one column; write \"where\": {{ \"type\": \"call\" }}.");
    }

    private static SupabaseProjectOwners Owners(JsonElement value)
    {
        var members = MappingJson.Object("mapping.owners", value, ["table", "id", "email", "name"]);
        string? Named(string member) => members.TryGetValue(member, out var text) ? MappingJson.Name($"mapping.owners.{member}", text) : null;
        return new(Named("table") ?? throw new FormatException("mapping.owners names no table; write \"table\": \"...\"."), Named("id") ?? "id", Named("email"), Named("name"));
    }

    private static ImmutableArray<RemoteStage> Stages(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
            throw new FormatException("mapping.stages is no list; write [ { \"id\": \"new\", \"pipeline\": \"Sales\" } ].");
        ImmutableArray<RemoteStage> stages = [.. value.EnumerateArray().Select(Stage)];
        return stages.Select(stage => stage.Id).Distinct().Count() == stages.Length
            ? stages
            : throw new FormatException("mapping.stages names an id twice; a column holds the id alone, so that it must say the pipeline too.");
    }

    private static RemoteStage Stage(JsonElement value, int position)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"mapping.stages[{position}]");
        var members = MappingJson.Object(place, value, ["id", "label", "pipeline", "status", "probability"]);
        string? Text(string member) => members.TryGetValue(member, out var text) ? MappingJson.Text($"{place}.{member}", text) : null;
        var id = Text("id") ?? throw new FormatException($"{place} has no id; write the text that the stage's column holds.");
        var status = Text("status") ?? "open";
        if (status is not ("open" or "won" or "lost"))
            throw new FormatException($"{place}.status is none of: open, won, lost");
        var probability = members.TryGetValue("probability", out var number)
            ? number.ValueKind == JsonValueKind.Number && number.TryGetDecimal(out var part) && part is >= 0 and <= 1
                ? part : throw new FormatException($"{place}.probability is no number from 0 to 1.")
            : (decimal?)null;
        var pipeline = Text("pipeline") ?? "default";
        return new(pipeline, pipeline, id, Text("label") ?? id, position, probability, status, IsArchived: false);
    }

    private static void Check(SupabaseProjectMapping mapping, SupabaseProjectTable table)
    {
        var place = $"mapping.\"{table.Kind.ToName()}\"";
        string?[] own = [table.Id, table.UpdatedAt, table.CreatedAt, table.DeletedAt, table.Origin, table.SyncId, table.Where?.Column];
        var twice = own.OfType<string>().Concat(table.Fields.Select(field => field.Name)).Concat(table.Links.Select(link => link.Value)).GroupBy(name => name).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
            throw new FormatException($"{place} uses the column '{twice.Key}' twice; each column is one thing.");
        if (mapping.Owners is null && table.Fields.Any(field => field.Field == "owner_id"))
            throw new FormatException($"{place}.fields.\"owner_id\" names people whom nothing tells of; write \"owners\": {{ \"table\": \"...\", \"email\": \"...\" }}.");
        if (mapping.Stages.IsEmpty && table.Fields.Any(field => field.Field is "stage_id" or "pipeline_id"))
            throw new FormatException($"{place}.fields names stages that nothing tells of; write \"stages\": [ {{ \"id\": \"new\", \"pipeline\": \"Sales\" }} ].");
        var shared = mapping.Tables.FirstOrDefault(other => other.Kind != table.Kind && other.Name == table.Name);
        if (shared is not null && (table.Where is null || shared.Where?.Column != table.Where.Column || shared.Where == table.Where))
            throw new FormatException($"{place} shares the table '{table.Name}' with {shared.Kind.ToName()}; tell them apart by \"where\": {{ \"one column\": \"one value each\" }}.");
    }
}
