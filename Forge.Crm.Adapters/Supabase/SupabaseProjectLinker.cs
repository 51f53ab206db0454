using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>
/// Writes associations: foreign-key columns of the rows that they start from. A column holds one record, so that a write says what the column may hold
/// before it: nothing, for a second is refused, or anything, where it is to be the primary one; an unlink empties only what still names that record.
/// </summary>
internal sealed class SupabaseProjectLinker(SupabaseProjectCaller caller, TimeProvider time)
{
    private readonly SupabaseProjectFinder _finder = new(caller, time);

    /// <summary>Rows that get the same value are one call.</summary>
    public async Task<IReadOnlyList<WriteAnswer>> LinkAsync(SupabaseProjectTable table, IReadOnlyList<LinkChange> changes, CancellationToken ct)
    {
        var answers = new WriteAnswer[changes.Count];
        // Removals first: what they free may be wanted by an addition.
        var groups = Enumerable.Range(0, changes.Count)
            .GroupBy(i => (changes[i].IsAdded, changes[i].IsPrimary, changes[i].ToKind, To: changes[i].IsAdded ? changes[i].ToId : null))
            .OrderBy(group => group.Key.IsAdded);
        foreach (var places in groups.SelectMany(group => group.Chunk(SupabaseProjectWriter.Limit)))
        {
            var written = await LinkSameAsync(table, [.. places.Select(place => changes[place])], ct);
            foreach (var (place, answer) in places.Zip(written))
                answers[place] = answer;
        }

        return answers;
    }

    private async Task<IReadOnlyList<WriteAnswer>> LinkSameAsync(SupabaseProjectTable table, IReadOnlyList<LinkChange> changes, CancellationToken ct)
    {
        var toKind = changes[0].ToKind;
        return table.Links.FirstOrDefault(link => link.Key == toKind).Value is { } column
            ? await SupabaseProjectWriter.EachAsync(changes, table, _ => [column], part => WriteAsync(table, column, part, ct))
            : [.. changes.Select(_ => WriteAnswer.Refused($"{table.Name} has no column for a {toKind.ToName()}; map one under \"links\"."))];
    }

    private async Task<IReadOnlyList<WriteAnswer>> WriteAsync(SupabaseProjectTable table, string column, IReadOnlyList<LinkChange> changes, CancellationToken ct)
    {
        var rows = SupabaseProjectQuery.Any(changes.Select(change => SupabaseProjectQuery.All(SupabaseProjectQuery.Is(table.Id, change.FromId), Before(column, change))));
        var query = SupabaseProjectQuery.Of(table, [rows, .. SupabaseProjectWriter.Live(table)]);
        var values = SupabaseProjectWriter.Marked(table, new() { [column] = changes[0].IsAdded ? changes[0].ToId : null });
        var page = await caller.CallAsync((api, access, call) => api.UpdateAsync(table.Name, query, SupabaseProjectCaller.Shown, values, access, call, ct));
        var written = page.Rows.Select(row => SupabaseProjectSnapshots.IdOf(table, row)).ToHashSet();
        var left = (await _finder.LiveAsync(table, [.. changes.Select(change => change.FromId).Where(id => !written.Contains(id))], ct)).ToDictionary(row => row.Ref.Id);
        return [.. changes.Select(change =>
            written.Contains(change.FromId) ? WriteAnswer.Linked
            : !left.TryGetValue(change.FromId, out var row) ? WriteAnswer.Absent
            : IsAsWanted(row, change) ? WriteAnswer.Linked
            : WriteAnswer.Refused($"'{column}' of {table.Name} names another record already, and holds one."))];
    }

    // What is as wanted already is not touched: its time would move, as if somebody had edited it.
    private static string Before(string column, LinkChange change) =>
        !change.IsAdded ? SupabaseProjectQuery.Is(column, change.ToId)
        : change.IsPrimary ? SupabaseProjectQuery.Any([SupabaseProjectQuery.IsNothing(column), SupabaseProjectQuery.IsAnother(column, change.ToId)])
        : SupabaseProjectQuery.IsNothing(column);

    private static bool IsAsWanted(RemoteSnapshot row, LinkChange change) =>
        !change.IsAdded || row.Associations.Any(shown => shown.ToKind == change.ToKind && shown.To.Any(to => to.ToId == change.ToId));
}
