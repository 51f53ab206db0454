using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>
/// Batch reads. Ids that lead nowhere are listed together in one error of a 207. So are ids of records that were merged away: HubSpot
/// documents that batch updates do not follow them; that batch reads do not either is the careful guess.
/// </summary>
internal static class HubSpotBatchRead
{
    public static int Read(HubSpotCall call, Utf8JsonWriter json)
    {
        var table = call.Table;
        var asOf = AsOf(call.Account);
        var selection = HubSpotSelection.Of(call.Body, table, asOf);
        var property = HubSpotJson.Optional(call.Body, "idProperty");
        var wantsArchived = call.Archived;
        var results = new List<Action>();
        var missing = new List<string>();
        foreach (var id in call.Inputs(selection.History.Length > 0 ? 50 : 100).Select(input => HubSpotJson.Required(input, "id")).Distinct())
        {
            var record = property is null ? table.Find(id) : HubSpotObjects.ByValue(table, property, id);
            if (record is null || record.ArchivedAt is not null != wantsArchived || record.CreatedAt > asOf)
                missing.Add(id);
            else
                results.Add(() => HubSpotObjectJson.Write(json, call, table, record, selection));
        }
        return HubSpotObjectJson.WriteBatch(json, call, 200, results, missing.Count == 0 ? [] : [(Missing(table, missing), null)]);
    }

    public static HubSpotProblem Missing(HubSpotTable table, IEnumerable<string> ids) => new(404, "OBJECT_NOT_FOUND",
        $"Could not get some {table.Type.ErrorName} objects, they may be deleted or not exist. Check that ids are valid.")
    {
        Context = new() { ["ids"] = [.. ids] },
    };

    private static long AsOf(HubSpotAccount account)
    {
        var lag = account.Options.Faults.BatchReadLag;
        return lag > TimeSpan.Zero ? account.Now() - (long)lag.TotalMilliseconds : long.MaxValue;
    }
}
