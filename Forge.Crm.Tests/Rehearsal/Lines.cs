using System.Text.Json;
using System.Text.RegularExpressions;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;

namespace Forge.Crm.Tests.Rehearsal;

/// <summary>
/// What a plan says and what was done, in the same words. Records go by what HubSpot calls them, since a record that would be created has another id
/// in the rehearsal. Associations of pushes are left out: those of a creation go with it.
/// </summary>
internal static class Lines
{
    private static readonly Dictionary<string, string> Properties = new()
    {
        ["first_name"] = "firstname",
        ["last_name"] = "lastname",
        ["job_title"] = "jobtitle",
        ["owner_id"] = "hubspot_owner_id",
    };

    private static readonly Dictionary<string, string> DealProperties = new()
    {
        ["name"] = "dealname",
        ["close_date"] = "closedate",
        ["pipeline_id"] = "pipeline",
        ["stage_id"] = "dealstage",
    };

    private static readonly string[] Associated = ["contact", "company", "deal"];

    private static readonly Dictionary<string, string> Actions = new()
    {
        ["set"] = "update",
        ["associate"] = "update",
        ["dissociate"] = "update",
        ["lost"] = "conflict",
        ["held"] = "conflict",
    };

    public static async Task<IReadOnlyList<string>> PlannedAsync(DryRunBed bed, Guid job)
    {
        var names = Names(await bed.RowsAsync($"select record_id, remote_kind || ' ' || external_id from crm_sync_plans where job_id = '{job}' and platform = 'supabase' and action = 'create'"));
        var rows = await bed.RowsAsync($"select platform, kind, action, record_id, coalesce(external_id, ''), fields::text from crm_sync_plans where job_id = '{job}' and action <> 'level'");
        return [.. rows.Select(row => row.Split('|', 6)).SelectMany(row => row[0] == "supabase" ? Hub(names, row) : Push(row))];
    }

    /// <summary>What the job did in the hub; asked before anything is pushed.</summary>
    public static async Task<IReadOnlyList<string>> HistoryAsync(DryRunBed bed, long since, IReadOnlySet<Linked> linksBefore)
    {
        var rows = (await bed.RowsAsync($"select kind, record_id, action, coalesce(field, ''), coalesce(old_value, '-'), coalesce(new_value, '-') from crm_audit_log where tenant_id = $tenant and id > {since} and cause = 'job' order by id"))
            .ConvertAll(row => row.Split('|', 6));
        var created = rows.Where(row => row[2] == "create").Select(row => row[1]).ToHashSet();
        var names = Names(await bed.RowsAsync($"select record_id, min(remote_kind || ' ' || external_id) from crm_record_links where tenant_id = $tenant and platform = 'hubspot' and state = 'live' and record_id = any('{{{string.Join(',', created)}}}') group by record_id"));
        var lines = new List<string>();
        foreach (var row in rows)
        {
            var action = Actions.GetValueOrDefault(row[2], row[2]) is var known && known == "update" && created.Contains(row[1]) ? "create" : Actions.GetValueOrDefault(row[2], row[2]);
            var start = $"supabase {row[0]} {action} {names(row[1])}";
            if (row[2] == "create")
                lines.AddRange(JsonDocument.Parse(row[5]).RootElement.EnumerateObject().Select(field => $"{start} {field.Name}: - -> {names(field.Value.GetString()!)}"));
            else
                lines.Add(row[2] is "delete" or "restore" ? start : $"{start} {(row[2] == "merge" ? "merged_into" : row[3])}: {names(row[4])} -> {names(row[5])}");
        }

        var after = await LinksAsync(bed);
        lines.AddRange(after.Where(link => link.State == "live" && !linksBefore.Contains(link) && !created.Contains(link.Record)).Select(link => $"supabase {link.Kind} link {link.Record}"));
        var live = (await bed.RowsAsync(string.Join(" union all ", new[] { "contacts", "companies", "deals" }.Select(table => $"select id from crm_{table} where tenant_id = $tenant and deleted_at is null")))).ToHashSet();
        lines.AddRange(after.Where(link => link.State == "deleted" && linksBefore.Contains(link with { State = "live" }) && live.Contains(link.Record)).Select(link => $"supabase {link.Kind} unlink {link.Record}"));
        return lines;
    }

    public static IEnumerable<string> Writes(DryRunBed bed, IReadOnlyDictionary<Platform, int> since)
    {
        foreach (var (platform, crm) in new[] { (Platform.HubSpot, bed.HubSpot), (Platform.Pipedrive, bed.Pipedrive) })
        {
            foreach (var write in crm.Writes.Skip(since[platform]).Select(write => write.Split(' ')).Where(write => write[0] is not ("link" or "unlink")))
            {
                var kind = KindOf(crm, write[1]);
                yield return $"{platform.ToName()} {kind} {string.Join(' ', write[0] == "create" ? [write[0], write[2]] : write)}".TrimEnd();
            }
        }
    }

    private static string KindOf(FakeCrm crm, string id) => crm.KindOf(id)?.ToName() ?? "contact"; // a merged one is gone; contacts alone are merged

    private static IEnumerable<string> Hub(Func<string, string> names, string[] row)
    {
        var start = $"supabase {row[1]} {row[2]} {names(row[3])}";
        var fields = JsonDocument.Parse(row[5]).RootElement.EnumerateArray().ToList();
        return fields.Count == 0 ? [start] : fields.Select(field => $"{start} {field.GetProperty("field").GetString()}: {Value(names, field, "before")} -> {Value(names, field, "after")}");
    }

    private static IEnumerable<string> Push(string[] row)
    {
        var fields = JsonDocument.Parse(row[5]).RootElement.EnumerateArray().ToList();
        var own = fields.Select(field => field.GetProperty("field").GetString()!).Except(Associated).Select(name => Property(row[1], name)).Distinct().Order(StringComparer.Ordinal).ToList();
        if (row[2] == "update" && own.Count == 0)
            return [];
        var rest = row[2] switch
        {
            "create" => string.Join(',', own),
            "update" => $"{row[4]} {string.Join(',', own)}",
            "merge" => $"{fields[0].GetProperty("after").GetString()} {row[4]}",
            _ => row[4],
        };
        return [$"{row[0]} {row[1]} {row[2]} {rest}"];
    }

    private static string Property(string kind, string field) => (kind == "deal" ? DealProperties : Properties).GetValueOrDefault(field, field);

    private static string Value(Func<string, string> names, JsonElement field, string side) =>
        field.TryGetProperty(side, out var value) && value.GetString() is { } text ? names(text) : "-";

    public static async Task<IReadOnlySet<Linked>> LinksAsync(DryRunBed bed) =>
        (await bed.RowsAsync("select remote_kind, external_id, record_id, state from crm_record_links where tenant_id = $tenant and platform = 'hubspot'"))
            .Select(row => row.Split('|')).Select(row => new Linked(row[0], row[1], row[2], row[3])).ToHashSet();

    private static Func<string, string> Names(IEnumerable<string> rows)
    {
        var names = rows.Select(row => row.Split('|')).ToDictionary(row => row[0], row => row[1]);
        return text => names.GetValueOrDefault(text, text);
    }

    /// <summary>What one of the two has more of than the other; empty where they are the same.</summary>
    public static string Difference(IEnumerable<string> planned, IEnumerable<string> done)
    {
        var (left, right) = (planned.Select(Anonymous).ToList(), done.Select(Anonymous).ToList());
        foreach (var line in left.ToList().Where(right.Remove))
            left.Remove(line);
        return string.Join('\n', left.Select(line => $"planned: {line}").Concat(right.Select(line => $"done:    {line}")));
    }

    // Owners and stages that nobody knew before get an id in the rehearsal, and another one when they are stored.
    // What is merged there first goes by another id when it is updated.
    private static string Anonymous(string line) => Regex.Replace(
        Regex.Replace(line, "((owner|stage|pipeline)_id: .*-> ).*", "$1an id"), @"^(pipedrive contact update) \d+", "$1");
}

/// <summary>A link of a HubSpot record.</summary>
internal sealed record Linked(string Kind, string Id, string Record, string State);
