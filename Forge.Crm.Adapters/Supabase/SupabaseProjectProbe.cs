using System.Text.Json.Nodes;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>
/// Writes nothing, to see whether something could be written: an update of all mapped columns for rows whose primary key is null, and an
/// insert of no rows. PostgreSQL refuses both before it looks for rows, where a column is computed, the key's role may not write it, or our
/// id is not unique there. The project's description tells none of that.
/// </summary>
internal sealed class SupabaseProjectProbe(SupabaseProjectCaller caller)
{
    /// <exception cref="FormatException">It could not; the message names the place and the remedy.</exception>
    public async Task RunAsync(SupabaseProjectTable table, CancellationToken ct)
    {
        string[] columns = [.. table.Fields.Select(field => field.Name), .. table.Links.Select(link => link.Value), .. new[] { table.DeletedAt, table.Origin }.OfType<string>()];
        try
        {
            var values = new JsonObject(columns.Select(column => KeyValuePair.Create(column, (JsonNode?)null)));
            var nowhere = SupabaseProjectQuery.Of(table, SupabaseProjectQuery.IsNothing(table.Id));
            await caller.CallAsync((api, access, call) => api.UpdateAsync(table.Name, nowhere, SupabaseProjectCaller.Shown, values, access, call, ct));
            var query = SupabaseProjectQuery.Shown(table).With("columns", string.Join(',', columns.Concat(new[] { table.SyncId, table.Where?.Column }.OfType<string>())));
            if (table.SyncId is { } syncId)
                query["on_conflict"] = syncId;
            var prefer = $"{SupabaseProjectCaller.Shown},missing=default{(table.SyncId is null ? "" : ",resolution=ignore-duplicates")}";
            await caller.CallAsync((api, access, call) => api.InsertAsync(table.Name, query, prefer, [], access, call, ct));
        }
        catch (CrmCallException e) when (SupabaseProjectRefusal.IsOf(e))
        {
            throw new FormatException($"mapping.\"{table.Kind.ToName()}\": {SupabaseProjectRefusal.Reason(e, table, columns)}");
        }
    }
}
