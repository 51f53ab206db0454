using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Primitives;

namespace Forge.Crm.LocalHost.Supabase;

/// <summary>A request to a table as one statement of SQL, in the forms that PostgREST gives them.</summary>
/// <param name="columns">The table's.</param>
/// <param name="query">Unescaped.</param>
internal sealed class SupabaseStatement(
    string schema, string table, IReadOnlyList<SupabaseColumn> columns, IReadOnlyList<KeyValuePair<string, StringValues>> query, IReadOnlySet<string> prefer, int maxRows)
{
    private static readonly string[] Reserved = ["select", "order", "limit", "offset", "on_conflict", "columns"];

    private readonly string _table = $"{SupabaseLogic.Quoted(schema)}.{SupabaseLogic.Quoted(table)}";

    public SupabaseLogic Logic { get; } = new();

    public string Read()
    {
        var limit = Math.Min(maxRows, int.TryParse(Last("limit"), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : maxRows);
        var offset = int.TryParse(Last("offset"), NumberStyles.None, CultureInfo.InvariantCulture, out var skipped) ? skipped : 0;
        return Answer($"select {Select()} from {_table}{Where()}{Order()} limit {limit} offset {offset}");
    }

    public string Count() => $"select 1 from {_table}{Where()}";

    public string Insert(JsonNode? body)
    {
        var rows = body as JsonArray ?? [body?.DeepClone()];
        var names = Last("columns")?.Split(',') ?? Keys(rows);
        foreach (var name in names)
            Known(name);
        var given = Logic.Add(rows.ToJsonString());
        var defaults = prefer.Contains("missing=default")
            ? string.Join(',', names.Select(Known).Where(column => column.Default is not null).Select(column => $"'{column.Name}', to_jsonb({column.Default})"))
            : "";
        var listed = string.Join(',', names.Select(SupabaseLogic.Quoted));
        var statement = names.Length == 0
            ? $"insert into {_table} default values"
            : $"insert into {_table} ({listed}) select {listed} from jsonb_populate_recordset(null::{_table}, "
                + $"(select coalesce(jsonb_agg(jsonb_build_object({defaults}) || element), '[]') from jsonb_array_elements({given}::jsonb) element)) source";
        return Changed($"{statement}{OnConflict(names)}");
    }

    public string Update(JsonNode? body)
    {
        var names = (body as JsonObject ?? throw new SupabaseProblem(400, "PGRST102", "Empty or invalid json")).Select(member => member.Key).ToArray();
        foreach (var name in names)
            Known(name);
        var set = string.Join(',', names.Select(name => $"{SupabaseLogic.Quoted(name)} = source.{SupabaseLogic.Quoted(name)}"));
        var given = Logic.Add(body!.ToJsonString());
        var condition = Where();
        return Changed(
            $"update {_table} set {set} from jsonb_populate_record(null::{_table}, {given}::jsonb) source"
            // The source has columns of the same names.
            + $" where {_table}.ctid in (select ctid from {_table}{condition} for update)");
    }

    public string Delete() => Changed($"delete from {_table}{Where()}");

    private string Changed(string statement) => Answer($"{statement} returning {Select($"{_table}.")}");

    private static string Answer(string rows) => rows.StartsWith("select", StringComparison.Ordinal)
        ? $"select count(*), coalesce(json_agg(answer), '[]')::text from ({rows}) answer"
        : $"with answer as ({rows}) select count(*), coalesce(json_agg(answer), '[]')::text from answer";

    private string OnConflict(string[] names)
    {
        var isIgnored = prefer.Contains("resolution=ignore-duplicates");
        if (!isIgnored && !prefer.Contains("resolution=merge-duplicates"))
            return "";
        var target = Last("on_conflict")?.Split(',') ?? [.. columns.Where(column => column.IsKey).Select(column => column.Name)];
        var set = string.Join(',', names.Select(name => $"{SupabaseLogic.Quoted(name)} = excluded.{SupabaseLogic.Quoted(name)}"));
        return $" on conflict ({string.Join(',', target.Select(SupabaseLogic.Quoted))}) do {(isIgnored ? "nothing" : $"update set {set}")}";
    }

    private string Select(string prefix = "") => Last("select") is { Length: > 0 } named && named != "*"
        ? string.Join(',', named.Split(',').Select(name => prefix + SupabaseLogic.Quoted(name)))
        : prefix + "*";

    private string Where()
    {
        var conditions = query.Where(parameter => !Reserved.Contains(parameter.Key))
            .SelectMany(parameter => parameter.Value.Select(value => Logic.Where(parameter.Key, value!))).ToList();
        return conditions.Count == 0 ? "" : $" where {string.Join(" and ", conditions)}";
    }

    private string Order()
    {
        if (Last("order") is not { } order)
            return "";
        var terms = order.Split(',').Select(term => term.Split('.'));
        return $" order by {string.Join(',', terms.Select(term => $"{SupabaseLogic.Quoted(term[0])} {(term.Contains("desc") ? "desc" : "asc")}"))}";
    }

    private static string[] Keys(JsonArray rows)
    {
        var sets = rows.Select(row => (row as JsonObject ?? throw new SupabaseProblem(400, "PGRST102", "Empty or invalid json")).Select(member => member.Key).Order().ToArray()).ToList();
        return sets.All(set => set.SequenceEqual(sets[0])) ? sets.FirstOrDefault() ?? [] : throw new SupabaseProblem(400, "PGRST102", "All object keys must match");
    }

    private SupabaseColumn Known(string name) => columns.FirstOrDefault(column => column.Name == name) ?? throw SupabaseProblem.NoColumn(name, table);

    private string? Last(string name) => query.Where(parameter => parameter.Key == name).Select(parameter => parameter.Value[^1]).LastOrDefault();
}
