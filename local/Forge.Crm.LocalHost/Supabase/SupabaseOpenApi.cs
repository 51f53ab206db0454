using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Supabase;

/// <summary>The root's answer: the exposed tables, as PostgREST describes them (Swagger 2.0), without what nobody here reads.</summary>
internal static class SupabaseOpenApi
{
    public static JsonObject Of(IReadOnlyList<SupabaseColumn> columns)
    {
        var (definitions, paths) = (new JsonObject(), new JsonObject());
        foreach (var table in columns.GroupBy(column => column.Table))
        {
            definitions[table.Key] = new JsonObject
            {
                ["required"] = new JsonArray([.. table.Where(column => column.IsRequired).Select(column => (JsonNode)column.Name)]),
                ["properties"] = new JsonObject(table.Select(column => KeyValuePair.Create(column.Name, (JsonNode?)Column(column)))),
                ["type"] = "object",
            };
            var path = new JsonObject { ["get"] = new JsonObject() };
            foreach (var method in table.First().IsWritable ? new[] { "post", "patch", "delete" } : [])
                path[method] = new JsonObject();
            paths[$"/{table.Key}"] = path;
        }

        return new() { ["swagger"] = "2.0", ["info"] = new JsonObject { ["title"] = "PostgREST API", ["version"] = "12.2.3" }, ["paths"] = paths, ["definitions"] = definitions };
    }

    private static JsonObject Column(SupabaseColumn column)
    {
        var shown = new JsonObject { ["format"] = column.Type, ["type"] = column.Type.EndsWith("[]", StringComparison.Ordinal) ? "array" : "string" };
        if (column.Default is { } expression)
            shown["default"] = expression;
        if (column.IsKey)
            shown["description"] = "Note:\nThis is a Primary Key.<pk/>";
        return shown;
    }
}
