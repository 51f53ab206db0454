using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>Looks for rows by what we know of them: the id that we gave them, or a match key. Tables answer at once: nothing lags behind.</summary>
internal sealed class SupabaseProjectFinder(SupabaseProjectCaller caller, TimeProvider time)
{
    private const int IdsAtOnce = 100;
    private const int KeysAtOnce = 40;

    // As the hub writes match keys, and the field that holds them.
    private static readonly (string Prefix, string Field)[] Keys = [("email:", "email"), ("domain:", "domain")];

    public async Task<IReadOnlyList<RemoteSnapshot>> FindAsync(SupabaseProjectTable table, IReadOnlyCollection<SoughtRecord> sought, CancellationToken ct)
    {
        var ours = (await OfSyncIdsAsync(table, [.. sought.Select(record => record.SyncId)], ct)).Where(snapshot => snapshot.ArchivedAt is null).ToList();
        var known = ours.Select(snapshot => snapshot.SyncId).ToHashSet();
        foreach (var (prefix, field) in Keys)
        {
            if (table.Fields.FirstOrDefault(column => column.Field == field) is not { } column)
                continue;
            var values = sought.Where(record => !known.Contains(record.SyncId)).SelectMany(record => record.Keys)
                .Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).Select(key => key[prefix.Length..]).Distinct();
            foreach (var some in values.Chunk(KeysAtOnce))
                ours.AddRange(await ReadAsync(table, [SupabaseProjectQuery.Any(some.Select(value => SupabaseProjectQuery.IsLike(column.Name, value))), .. Live(table)], ct));
        }

        return [.. ours.DistinctBy(snapshot => snapshot.Ref)];
    }

    /// <summary>Those that we created for one of these, deleted ones too.</summary>
    public async Task<IReadOnlyList<RemoteSnapshot>> OfSyncIdsAsync(SupabaseProjectTable table, IReadOnlyCollection<Guid> syncIds, CancellationToken ct)
    {
        var found = new List<RemoteSnapshot>();
        if (table.SyncId is not { } column)
            return found;
        foreach (var some in syncIds.Distinct().Chunk(IdsAtOnce))
            found.AddRange(await ReadAsync(table, [SupabaseProjectQuery.In(column, some.Select(id => id.ToString()))], ct));
        return [.. found.Where(snapshot => snapshot.SyncId is not null)];
    }

    public async Task<IReadOnlyList<RemoteSnapshot>> LiveAsync(SupabaseProjectTable table, IReadOnlyCollection<string> ids, CancellationToken ct)
    {
        var there = new List<RemoteSnapshot>();
        foreach (var piece in SupabaseProjectQuery.Pieces(ids, IdsAtOnce))
            there.AddRange(await ReadAsync(table, [SupabaseProjectQuery.In(table.Id, piece), .. Live(table)], ct));
        return there;
    }

    /// <summary>Which of these ids are of live rows.</summary>
    public async Task<HashSet<string>> ThereAsync(SupabaseProjectTable table, IReadOnlyCollection<string> ids, CancellationToken ct) =>
        [.. (await LiveAsync(table, ids, ct)).Select(snapshot => snapshot.Ref.Id)];

    private async Task<IEnumerable<RemoteSnapshot>> ReadAsync(SupabaseProjectTable table, IEnumerable<string> conditions, CancellationToken ct)
    {
        var readAt = time.GetUtcNow();
        var page = await caller.ReadAsync(table.Name, SupabaseProjectQuery.Of(table, conditions), null, ct);
        return page.Rows.Select(row => SupabaseProjectSnapshots.Of(table, row, readAt));
    }

    private static string[] Live(SupabaseProjectTable table) => table.DeletedAt is { } deleted ? [SupabaseProjectQuery.IsNothing(deleted)] : [];
}
