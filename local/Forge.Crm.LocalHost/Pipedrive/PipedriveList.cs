using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>Lists of version 2: filters, order, and a cursor that says behind which record the next page begins.</summary>
internal static class PipedriveList
{
    private const int StandardLimit = 100;
    private const int MostRecords = 500;
    private const int MostIds = 100;
    private const int MostCustomFields = 15;

    // By query parameter: the field it must equal. A deal's persons are asked for with deal_id, an activity's with its own fields.
    private static readonly string[] Filters = ["owner_id", "org_id", "person_id", "deal_id", "lead_id", "pipeline_id", "stage_id", "done"];
    private static readonly string[] SortFields = ["id", "update_time", "add_time", "due_date"];

    public static JsonObject Answer(PipedriveCall call, PipedriveTable table, bool archived)
    {
        var limit = call.Number("limit", StandardLimit, 1, MostRecords);
        var (sort, isDescending) = Order(call, table);
        var shape = Shape(call, table);
        var rows = Rows(call, table, archived, First(call, sort, isDescending))
            .Select(row => (Key: (PipedriveRecord.TextOf(row.Fields[sort]) ?? "", row.Record.Id), row.Fields));
        if (sort != "id")
            rows = isDescending ? rows.OrderByDescending(row => row.Key) : rows.OrderBy(row => row.Key);
        else if (isDescending)
            rows = rows.Reverse();
        if (call.Query("cursor") is { } cursor)
            rows = rows.SkipWhile(IsBefore(cursor, sort, isDescending));
        var page = rows.Take(limit + 1).ToList();
        var next = page.Count > limit ? Cursor(sort, page[limit].Key) : null;
        return PipedriveCall.Success(new JsonArray([.. page.Take(limit).Select(row => shape(row.Fields))]), new() { ["next_cursor"] = next });
    }

    /// <summary>A record as an answer shows it: optional fields and only some custom fields, as the query asks for.</summary>
    public static Func<JsonObject, JsonObject> Shape(PipedriveCall call, PipedriveTable table)
    {
        var included = call.QueryList("include_fields");
        foreach (var name in included.Where(name => table.Entity.Field(name) is not { IsOptional: true }))
            throw PipedriveProblem.Invalid($"\"include_fields\" does not take {name}");
        var left = table.Entity.Fields.Where(field => field.IsOptional && !included.Contains(field.Name)).Select(field => field.Name).ToArray();
        var codes = call.Query("custom_fields") is null ? null : call.QueryList("custom_fields");
        if (codes?.Length > MostCustomFields)
            throw PipedriveProblem.Invalid($"\"custom_fields\" takes at most {MostCustomFields} keys");
        return fields => Shaped(fields, left, codes);
    }

    private static JsonObject Shaped(JsonObject fields, string[] left, string[]? codes)
    {
        var shown = fields.DeepClone().AsObject();
        foreach (var name in left)
            shown.Remove(name);
        if (codes is not null && shown["custom_fields"] is JsonObject custom)
        {
            foreach (var code in custom.Select(field => field.Key).Except(codes).ToArray())
                custom.Remove(code);
        }
        return shown;
    }

    /// <param name="first">No record before it is on the page.</param>
    private static IEnumerable<(PipedriveRecord Record, JsonObject Fields)> Rows(PipedriveCall call, PipedriveTable table, bool archived, long first)
    {
        var account = call.Account;
        table.Purge(account.Now());
        var lag = account.Options.Faults.ListLag;
        var ids = call.QueryList("ids");
        if (ids.Length > MostIds)
            throw PipedriveProblem.Invalid($"\"ids\" takes at most {MostIds} ids");
        IEnumerable<PipedriveRecord> records = ids.Length == 0 ? table.From(first) : ids.Distinct().Select(table.Find).OfType<PipedriveRecord>().OrderBy(record => record.Id);
        var tests = Tests(call, table, archived);
        return records
            .Select(record => (record, Fields: lag > TimeSpan.Zero ? record.At(account.Now() - lag) : record.Fields))
            .Where(row => row.Fields is not null && tests.All(test => test(row.Fields)))
            .Select(row => (row.record, row.Fields!));
    }

    private static List<Func<JsonObject, bool>> Tests(PipedriveCall call, PipedriveTable table, bool archived)
    {
        var tests = new List<Func<JsonObject, bool>> { fields => Flag(fields, "is_archived") == archived, Status(call, table) };
        foreach (var name in Filters.Where(name => call.Query(name) is not null && table.Entity.Field(name) is not null))
        {
            var wanted = call.Query(name);
            tests.Add(fields => PipedriveRecord.TextOf(fields[name]) == wanted);
        }
        if (call.Time("updated_since") is { } since)
            tests.Add(fields => Updated(fields) >= since);
        if (call.Time("updated_until") is { } until)
            tests.Add(fields => Updated(fields) < until);
        return tests;
    }

    /// <summary>Only deals can be asked for by status; without one, all that are not deleted.</summary>
    private static Func<JsonObject, bool> Status(PipedriveCall call, PipedriveTable table)
    {
        if (table.Entity != PipedriveEntity.Deal || call.Query("status") is null)
        {
            var showDeleted = call.Account.Options.Faults.ListsShowDeleted && table.Entity != PipedriveEntity.Deal;
            return fields => showDeleted || !Flag(fields, "is_deleted");
        }
        var wanted = call.QueryList("status");
        if (wanted.Except(["open", "won", "lost", "deleted"]).Any())
            throw PipedriveProblem.Invalid("\"status\" must be open, won, lost or deleted");
        return fields => wanted.Contains(Flag(fields, "is_deleted") ? "deleted" : PipedriveRecord.TextOf(fields["status"]));
    }

    private static (string Sort, bool IsDescending) Order(PipedriveCall call, PipedriveTable table)
    {
        var sort = call.Query("sort_by") ?? "id";
        var direction = call.Query("sort_direction") ?? "asc";
        return SortFields.Contains(sort) && table.Entity.Field(sort) is not null && direction is "asc" or "desc"
            ? (sort, direction == "desc")
            : throw PipedriveProblem.Invalid("\"sort_by\" or \"sort_direction\" is not valid");
    }

    private static string Cursor(string sort, (string Value, long Id) first) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{sort} {first.Id} {first.Value}")));

    private static long First(PipedriveCall call, string sort, bool isDescending) =>
        sort == "id" && !isDescending && call.Query("cursor") is { } cursor && Decode(cursor).Split(' ') is [_, var id, ..]
        && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var first) ? first : 0;

    /// <summary>The cursor names the first record of the next page by its place in the order, so records that come and go do not shift it.</summary>
    private static Func<((string Value, long Id) Key, JsonObject), bool> IsBefore(string cursor, string sort, bool isDescending)
    {
        var parts = Decode(cursor).Split(' ', 3);
        if (parts.Length != 3 || parts[0] != sort || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            throw PipedriveProblem.Invalid("\"cursor\" is not valid");
        var first = sort == "id" ? ("", id) : (parts[2], id);
        return row =>
        {
            var key = sort == "id" ? ("", row.Key.Id) : row.Key;
            return isDescending ? key.CompareTo(first) > 0 : key.CompareTo(first) < 0;
        };
    }

    private static string Decode(string cursor)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(cursor));
        }
        catch (FormatException)
        {
            return "";
        }
    }

    private static DateTimeOffset Updated(JsonObject fields) => PipedriveTime.Parse(PipedriveRecord.TextOf(fields["update_time"])!);

    private static bool Flag(JsonObject fields, string name) => PipedriveRecord.TextOf(fields[name]) == "true";
}
