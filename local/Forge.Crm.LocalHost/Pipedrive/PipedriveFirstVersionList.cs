using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>Lists of version 1: a place counted from the start, and an order as <c>update_time ASC</c>.</summary>
internal static class PipedriveFirstVersionList
{
    public static JsonObject Answer(PipedriveCall call, IEnumerable<JsonObject> all)
    {
        var limit = call.Number("limit", 100, 1, 500);
        var start = call.Number("start", 0, 0, int.MaxValue);
        var rows = Sorted(Since(all, call.Time("updated_since")), call.Query("sort")).ToList();
        var page = rows.Skip(start).Take(limit).Select(row => row.DeepClone()).ToArray();
        var pagination = new JsonObject { ["start"] = start, ["limit"] = limit, ["more_items_in_collection"] = start + limit < rows.Count };
        if (start + limit < rows.Count)
            pagination["next_start"] = start + limit;
        // An empty list is null.
        return PipedriveCall.Success(page.Length == 0 ? null : new JsonArray(page), new() { ["pagination"] = pagination });
    }

    private static IEnumerable<JsonObject> Since(IEnumerable<JsonObject> all, DateTimeOffset? since) =>
        since is null ? all : all.Where(row => PipedriveTime.Parse(PipedriveRecord.TextOf(row["update_time"])!) >= since);

    private static IEnumerable<JsonObject> Sorted(IEnumerable<JsonObject> rows, string? sort)
    {
        if (sort?.Split(' ') is not [var field, var direction])
            return rows;
        return direction == "DESC"
            ? rows.OrderByDescending(row => PipedriveRecord.TextOf(row[field]), StringComparer.Ordinal)
            : rows.OrderBy(row => PipedriveRecord.TextOf(row[field]), StringComparer.Ordinal);
    }
}
