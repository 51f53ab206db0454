using System.Text.Json.Nodes;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>
/// Writes rows. An update names the time that the row was looked at, so that an edit of the moment between is not run over; a creation names
/// our own id, so that doing it twice creates one row; all of them leave our mark where there is a column for it.
/// </summary>
internal sealed class SupabaseProjectWriter(SupabaseProjectCaller caller, TimeProvider time)
{
    /// <summary>As many as an address has room for, where each names its id and its time.</summary>
    public const int Limit = 40;

    // The database's own clock: PostgreSQL reads this word as the time of the transaction.
    private const string Now = "now";

    private readonly SupabaseProjectFinder _finder = new(caller, time);

    public Task<IReadOnlyList<RemoteSnapshot>> FindAsync(SupabaseProjectTable table, IReadOnlyCollection<SoughtRecord> sought, CancellationToken ct) =>
        _finder.FindAsync(table, sought, ct);

    /// <summary>Records that get the same values are one call.</summary>
    public async Task<IReadOnlyList<WriteAnswer>> UpdateAsync(SupabaseProjectTable table, IReadOnlyList<RecordUpdate> updates, CancellationToken ct)
    {
        var answers = new Dictionary<string, WriteAnswer>();
        foreach (var same in updates.GroupBy(update => Values(table, update.Properties).ToJsonString()))
        {
            RecordUpdate[] group = [.. same];
            var written = await EachAsync(group, table, update => update.Properties.Keys, part => UpdateSameAsync(table, part, ct));
            foreach (var (update, answer) in group.Zip(written))
                answers[update.Id] = answer;
        }

        return [.. updates.Select(update => answers[update.Id])];
    }

    public async Task<IReadOnlyList<WriteAnswer>> CreateAsync(SupabaseProjectTable table, IReadOnlyList<RecordCreation> creations, CancellationToken ct)
    {
        if (table.SyncId is not null)
            return await EachAsync(creations, table, creation => ColumnsOf(table, creation), part => InsertAsync(table, part, ct));
        // Which row is whose only a call of its own tells.
        var answers = new List<WriteAnswer>();
        foreach (var creation in creations)
            answers.AddRange(await EachAsync([creation], table, one => ColumnsOf(table, one), part => InsertAsync(table, part, ct)));
        return answers;
    }

    public Task<IReadOnlyList<WriteAnswer>> DeleteAsync(SupabaseProjectTable table, IReadOnlyList<string> ids, CancellationToken ct) =>
        EachAsync(ids, table, _ => [], part => DeleteSomeAsync(table, part, ct));

    /// <summary>The rows go for good, one that is marked as deleted too. What refers to them may keep them there: the answer says so.</summary>
    public Task<IReadOnlyList<WriteAnswer>> EraseAsync(SupabaseProjectTable table, IReadOnlyList<string> ids, CancellationToken ct) =>
        EachAsync(ids, table, _ => [], part => EraseSomeAsync(table, part, ct));

    private async Task<IReadOnlyList<WriteAnswer>> UpdateSameAsync(SupabaseProjectTable table, IReadOnlyList<RecordUpdate> updates, CancellationToken ct)
    {
        var query = SupabaseProjectQuery.Of(table, [SupabaseProjectQuery.Any(updates.Select(update => AsSeen(table, update))), .. Live(table)]);
        var values = Marked(table, Values(table, updates[0].Properties));
        var readAt = time.GetUtcNow();
        var page = await caller.CallAsync((api, access, call) => api.UpdateAsync(table.Name, query, SupabaseProjectCaller.Shown, values, access, call, ct));
        var written = page.Rows.Select(row => SupabaseProjectSnapshots.Of(table, row, readAt)).ToDictionary(snapshot => snapshot.Ref.Id);
        var left = await _finder.ThereAsync(table, [.. updates.Select(update => update.Id).Where(id => !written.ContainsKey(id))], ct);
        return [.. updates.Select(update =>
            written.TryGetValue(update.Id, out var row) ? WriteAnswer.Done(row)
            : left.Contains(update.Id) ? WriteAnswer.Moved
            : WriteAnswer.Absent)];
    }

    private async Task<IReadOnlyList<WriteAnswer>> InsertAsync(SupabaseProjectTable table, IReadOnlyList<RecordCreation> creations, CancellationToken ct)
    {
        JsonObject[] rows = [.. creations.Select(creation => Row(table, creation))];
        // Named, columns that a row leaves out take their defaults; else they would be emptied.
        var query = SupabaseProjectQuery.Shown(table).With("columns", string.Join(',', rows.SelectMany(row => row.Select(member => member.Key)).Distinct()));
        var prefer = $"{SupabaseProjectCaller.Shown},missing=default";
        if (table.SyncId is { } syncId)
            (query["on_conflict"], prefer) = (syncId, $"{prefer},resolution=ignore-duplicates");
        var readAt = time.GetUtcNow();
        var page = await caller.CallAsync(
            (api, access, call) => api.InsertAsync(table.Name, query, prefer, new([.. rows]), access, call, ct), isRepeatable: table.SyncId is not null);
        var created = page.Rows.ConvertAll(row => SupabaseProjectSnapshots.Of(table, row, readAt));
        if (table.SyncId is null)
            return [created is [var only] ? WriteAnswer.Done(only) : throw SupabaseProjectCaller.Unreadable("created row", table.Name)];
        var found = created.Where(snapshot => snapshot.SyncId is not null).ToDictionary(snapshot => snapshot.SyncId!.Value);
        foreach (var before in await _finder.OfSyncIdsAsync(table, [.. creations.Select(creation => creation.SyncId).Where(id => !found.ContainsKey(id))], ct))
            found[before.SyncId!.Value] = before;
        return [.. creations.Select(creation => found.TryGetValue(creation.SyncId, out var row)
            ? WriteAnswer.Done(row)
            : WriteAnswer.Refused($"{table.Name} took the row and does not show it: a policy hides it from the key, or a trigger changed {table.SyncId}."))];
    }

    private async Task<IReadOnlyList<WriteAnswer>> DeleteSomeAsync(SupabaseProjectTable table, IReadOnlyList<string> ids, CancellationToken ct)
    {
        var query = SupabaseProjectQuery.Of(table, [SupabaseProjectQuery.In(table.Id, ids), .. Live(table)]);
        var page = await caller.CallAsync((api, access, call) => table.DeletedAt is { } deleted
            ? api.UpdateAsync(table.Name, query, SupabaseProjectCaller.Shown, Marked(table, new() { [deleted] = Now }), access, call, ct)
            : api.DeleteAsync(table.Name, query, SupabaseProjectCaller.Shown, access, call, ct));
        var gone = page.Rows.Select(row => SupabaseProjectSnapshots.IdOf(table, row)).ToHashSet();
        return [.. ids.Select(id => gone.Contains(id) ? WriteAnswer.Deleted : WriteAnswer.Absent)];
    }

    private async Task<IReadOnlyList<WriteAnswer>> EraseSomeAsync(SupabaseProjectTable table, IReadOnlyList<string> ids, CancellationToken ct)
    {
        var query = SupabaseProjectQuery.Of(table, [SupabaseProjectQuery.In(table.Id, ids)]);
        var page = await caller.CallAsync((api, access, call) => api.DeleteAsync(table.Name, query, SupabaseProjectCaller.Shown, access, call, ct));
        var gone = page.Rows.Select(row => SupabaseProjectSnapshots.IdOf(table, row)).ToHashSet();
        return [.. ids.Select(id => gone.Contains(id) ? WriteAnswer.Deleted : WriteAnswer.Absent)];
    }

    /// <summary>A request is one transaction: where it is refused, its halves are tried, down to the row that is to blame.</summary>
    public static async Task<IReadOnlyList<WriteAnswer>> EachAsync<T>(
        IReadOnlyList<T> items, SupabaseProjectTable table, Func<T, IEnumerable<string>> columnsOf, Func<IReadOnlyList<T>, Task<IReadOnlyList<WriteAnswer>>> send)
    {
        try
        {
            return await send(items);
        }
        catch (CrmCallException e) when (items.Count > 1 && SupabaseProjectRefusal.IsOf(e))
        {
            var half = items.Count / 2;
            var first = await EachAsync([.. items.Take(half)], table, columnsOf, send);
            return [.. first, .. await EachAsync([.. items.Skip(half)], table, columnsOf, send)];
        }
        catch (CrmCallException e) when (items.Count == 1 && SupabaseProjectRefusal.IsOf(e))
        {
            return [WriteAnswer.Refused(SupabaseProjectRefusal.Reason(e, table, columnsOf(items[0])))];
        }
    }

    private static string AsSeen(SupabaseProjectTable table, RecordUpdate update) => update.Seen is { } seen && seen > DateTimeOffset.UnixEpoch
        ? SupabaseProjectQuery.All(SupabaseProjectQuery.Is(table.Id, update.Id), SupabaseProjectQuery.IsAt(table.UpdatedAt, seen))
        : SupabaseProjectQuery.Is(table.Id, update.Id);

    public static string[] Live(SupabaseProjectTable table) => table.DeletedAt is { } deleted ? [SupabaseProjectQuery.IsNothing(deleted)] : [];

    private static JsonObject Values(SupabaseProjectTable table, IReadOnlyDictionary<string, string?> properties) =>
        new(properties.OrderBy(property => property.Key, StringComparer.Ordinal)
            .Select(property => KeyValuePair.Create(property.Key, SupabaseProjectValues.Write(property.Value, table.IsArray(property.Key)))));

    public static JsonObject Marked(SupabaseProjectTable table, JsonObject values)
    {
        if (table.Origin is { } origin)
            values[origin] = SupabaseProjectOrigin.New();
        return values;
    }

    private static JsonObject Row(SupabaseProjectTable table, RecordCreation creation)
    {
        var row = Marked(table, Values(table, creation.Properties.Where(property => property.Value is not null).ToDictionary()));
        if (table.SyncId is { } syncId)
            row[syncId] = creation.SyncId.ToString();
        if (table.Where is { } where)
            row[where.Column] = where.Value;
        foreach (var (column, id) in Links(table, creation))
            row[column] = id;
        return row;
    }

    private static IEnumerable<string> ColumnsOf(SupabaseProjectTable table, RecordCreation creation) =>
        creation.Properties.Keys.Concat(Links(table, creation).Select(link => link.Column));

    // A column holds one: the primary one, where there are several.
    private static IEnumerable<(string Column, string Id)> Links(SupabaseProjectTable table, RecordCreation creation) =>
        from column in table.Links
        let links = creation.Links.Where(link => link.ToKind == column.Key).OrderByDescending(link => link.IsPrimary).ToList()
        where links.Count > 0
        select (column.Value, links[0].ToId);
}
