using System.Text.Json.Nodes;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>What a project says of its tables (PostgREST's root, Swagger 2.0): as far as the key's role may see them.</summary>
internal sealed class SupabaseProjectDescription
{
    private const string PrimaryKey = "<pk/>";

    private readonly Dictionary<string, DescribedTable> _tables;

    private SupabaseProjectDescription(Dictionary<string, DescribedTable> tables) => _tables = tables;

    public IEnumerable<string> Tables => _tables.Keys.Order(StringComparer.Ordinal);

    public DescribedTable? Of(string table) => _tables.GetValueOrDefault(table);

    /// <exception cref="Domain.Ports.CrmCallException">It is no such description.</exception>
    public static SupabaseProjectDescription Read(JsonObject root)
    {
        if (root["definitions"] is not JsonObject definitions)
            throw SupabaseProjectCaller.Unreadable("definitions");
        var paths = root["paths"] as JsonObject;
        return new(definitions.ToDictionary(
            table => table.Key,
            table => new DescribedTable(Columns(table.Value), (paths?[$"/{table.Key}"] as JsonObject)?.ContainsKey("patch") == true)));
    }

    private static Dictionary<string, DescribedColumn> Columns(JsonNode? table) =>
        ((table as JsonObject)?["properties"] as JsonObject ?? []).ToDictionary(
            column => column.Key, column => new DescribedColumn(Text(column.Value, "format"), Text(column.Value, "description").Contains(PrimaryKey, StringComparison.Ordinal)));

    private static string Text(JsonNode? column, string member) =>
        (column as JsonObject)?[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}

/// <param name="IsWritable">False for a view that cannot be written through.</param>
internal sealed record DescribedTable(IReadOnlyDictionary<string, DescribedColumn> Columns, bool IsWritable);

/// <param name="Type">As PostgreSQL names it, e.g. <c>timestamp with time zone</c>, <c>text[]</c>.</param>
internal sealed record DescribedColumn(string Type, bool IsKey);
