using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>
/// The search API: filters, one sort, at most 10,000 results, and the state of an index that may lag. Archived records never appear.
/// A sort by modified date, creation or id walks an index; any other sort gathers all matches first.
/// </summary>
internal static class HubSpotSearch
{
    public static int Search(HubSpotCall call, Utf8JsonWriter json)
    {
        var table = call.Table;
        var query = HubSpotSearchQuery.Read(call, table);
        var lag = (long)call.Account.Options.Faults.SearchIndexLag.TotalMilliseconds;
        table.Index.CatchUp(call.Account.Now() - lag);
        var (total, page) = Run(table, query);
        WritePage(call, json, table, query, total, page);
        return 200;
    }

    private static void WritePage(
        HubSpotCall call, Utf8JsonWriter json, HubSpotTable table, HubSpotSearchQuery query, int total, List<HubSpotRecord> page)
    {
        var names = HubSpotJson.Strings(call.Body, "properties");
        var selection = HubSpotSelection.Of(table, names, []);
        json.WriteStartObject();
        json.WriteNumber("total", total);
        json.WriteStartArray("results");
        foreach (var record in page)
            HubSpotObjectJson.Write(json, call, table, record, selection with { AsOf = record.IndexedAt });
        json.WriteEndArray();
        var next = query.After + page.Count;
        if (page.Count > 0 && next < total)
            HubSpotObjectJson.WritePaging(json, HubSpotNumbers.Text(next), call.Link(HubSpotNumbers.Text(next)));
        json.WriteEndObject();
    }

    private static (int Total, List<HubSpotRecord> Page) Run(HubSpotTable table, HubSpotSearchQuery query)
    {
        if (query.SortBy == table.Modified)
            return Walk(ByChange(table, query), table, query);
        if (query.SortBy is null || query.SortBy == table.Created || query.SortBy == table.ObjectId)
            return Walk(ByCreation(table, query), table, query);
        var found = table.InOrder.Where(record => Matches(table, query, record)).ToList();
        return (found.Count, [.. Sorted(table, query, found).Skip(query.After).Take(query.Limit)]);
    }

    private static (int Total, List<HubSpotRecord> Page) Walk(IEnumerable<HubSpotRecord> candidates, HubSpotTable table, HubSpotSearchQuery query)
    {
        var page = new List<HubSpotRecord>(query.Limit);
        var total = 0;
        foreach (var record in candidates)
        {
            if (!Matches(table, query, record))
                continue;
            if (total >= query.After && page.Count < query.Limit)
                page.Add(record);
            total++;
        }
        return (total, page);
    }

    private static IEnumerable<HubSpotRecord> ByChange(HubSpotTable table, HubSpotSearchQuery query)
    {
        var first = Bound(query, table.Modified) is { } bound ? table.Index.FirstAt((long)bound) : 0;
        var count = table.Index.Log.Length;
        for (var i = first; i < count; i++)
        {
            var slot = query.Descending ? count - 1 - (i - first) : i;
            var entry = table.Index.Log[slot];
            if (entry.IsCurrent(slot))
                yield return entry.Record;
        }
    }

    private static IEnumerable<HubSpotRecord> ByCreation(HubSpotTable table, HubSpotSearchQuery query)
    {
        var first = Bound(query, table.ObjectId) is { } bound ? table.FirstAfter((long)bound - 1) : 0;
        for (var i = first; i < table.InOrder.Count; i++)
            yield return table.InOrder[query.Descending ? table.InOrder.Count - 1 - (i - first) : i];
    }

    /// <summary>Only a single group bounds the whole search.</summary>
    private static decimal? Bound(HubSpotSearchQuery query, HubSpotProperty property) => query.Groups is [var only]
        ? only.Select(filter => filter.LowerBound).Where(bound => bound?.Property == property).Max(bound => bound?.Value)
        : null;

    private static bool Matches(HubSpotTable table, HubSpotSearchQuery query, HubSpotRecord record) =>
        record.ArchivedAt is null
        && record.IndexedAt >= 0
        && MatchesGroups(query.Groups, record)
        && (query.Text is not { Length: > 0 } text || MatchesText(table, text, record));

    // Plain loops: this runs for every record of a table, on every page.
    private static bool MatchesGroups(HubSpotFilter[][] groups, HubSpotRecord record)
    {
        foreach (var group in groups)
        {
            var all = true;
            foreach (var filter in group)
                all = all && filter.Matches(record);
            if (all)
                return true;
        }
        return groups.Length == 0;
    }

    private static bool MatchesText(HubSpotTable table, string text, HubSpotRecord record) => table.Type.Searched.Any(name =>
        record.Text(table.Properties[name], record.IndexedAt)?.Contains(text, StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>Records without a value come last, either way.</summary>
    private static IEnumerable<HubSpotRecord> Sorted(HubSpotTable table, HubSpotSearchQuery query, List<HubSpotRecord> found)
    {
        var property = query.SortBy!;
        if (HubSpotSearchValue.IsNumeric(property))
            return Order(record => HubSpotSearchValue.Number(table, property, record), Comparer<decimal?>.Default);
        return Order(record => record.Text(property, record.IndexedAt), StringComparer.OrdinalIgnoreCase);

        IEnumerable<HubSpotRecord> Order<T>(Func<HubSpotRecord, T?> key, IComparer<T?> comparer)
        {
            var known = found.OrderBy(record => key(record) is null);
            return (query.Descending ? known.ThenByDescending(key, comparer) : known.ThenBy(key, comparer)).ThenBy(record => record.Id);
        }
    }
}
