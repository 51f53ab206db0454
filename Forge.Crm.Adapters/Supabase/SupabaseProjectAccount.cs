using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>A tenant's own Supabase project.</summary>
internal sealed class SupabaseProjectAccount(
    SupabaseProjectCaller caller, string reference, SupabaseProjectMapping mapping, TimeProvider time) : ICrmAccount, ICrmWriter
{
    /// <summary>Half of the cap that projects have unless somebody moved it. A lower one makes pages shorter, and loses nothing.</summary>
    private const int PageSize = 500;

    private const int ReadSize = 100;

    private readonly SupabaseProjectWriter _writer = new(caller, time);
    private readonly SupabaseProjectLinker _linker = new(caller, time);

    /// <summary>One time a row is all that there is.</summary>
    public bool KeepsHistory => false;

    public int ReadLimit => ReadSize;

    public int WriteLimit => SupabaseProjectWriter.Limit;

    /// <summary>A project knows neither a zone nor a currency.</summary>
    public async Task<RemoteAccount> DescribeAsync(CancellationToken ct)
    {
        if (mapping.Tables is [var table, ..])
            await caller.ReadAsync(table.Name, SupabaseProjectQuery.Of(table).With("limit", "1"), null, ct);
        else
            await caller.DescribeAsync(ct);
        return new(reference, null, null);
    }

    /// <summary>With their associations. One that counts as deleted is among them and says so.</summary>
    public async Task<IReadOnlyList<RemoteSnapshot>> ReadAsync(
        RemoteKind kind, IReadOnlyCollection<string> ids, bool withHistory, CancellationToken ct)
    {
        var table = mapping.Of(kind);
        var snapshots = new List<RemoteSnapshot>(ids.Count);
        foreach (var piece in SupabaseProjectQuery.Pieces(ids, ReadSize))
            snapshots.AddRange(await SnapshotsAsync(table, SupabaseProjectQuery.Of(table, SupabaseProjectQuery.In(table.Id, piece)), ct));
        return snapshots;
    }

    /// <summary>None of a kind that no column leads to: that nothing is known is not that there is none.</summary>
    public async Task<IReadOnlyList<RemoteAssociations>> ReadAssociationsAsync(
        RemoteKind from, IReadOnlyCollection<string> ids, RemoteKind to, CancellationToken ct)
    {
        if (mapping.Of(from).Links.All(link => link.Key != to))
            return [];
        var shown = (await ReadAsync(from, ids, withHistory: false, ct)).ToDictionary(snapshot => snapshot.Ref.Id);
        return [.. ids.Distinct().Select(id =>
            shown.GetValueOrDefault(id)?.Associations.First(row => row.ToKind == to) ?? new(new(from, id), to, []))];
    }

    /// <summary>By id: a row that is edited meanwhile keeps its place.</summary>
    public async Task<RemotePage> ListAsync(RemoteKind kind, string? after, bool archived, CancellationToken ct)
    {
        var table = mapping.Of(kind);
        if (archived && table.DeletedAt is null)
            return new([], null, null);
        string?[] conditions =
        [
            table.DeletedAt is not { } deleted ? null : archived ? SupabaseProjectQuery.IsSomething(deleted) : SupabaseProjectQuery.IsNothing(deleted),
            after is null ? null : $"{table.Id}.gt.{SupabaseProjectQuery.Quoted(after)}",
        ];
        var readAt = time.GetUtcNow();
        var page = await caller.ReadAsync(
            table.Name, Paged(SupabaseProjectQuery.Of(table, conditions.OfType<string>()), $"{table.Id}.asc"),
            after is null ? SupabaseProjectCaller.Counted : null, ct);
        // A short page is no end: the project may show fewer at once than were asked for.
        var records = page.Rows.ConvertAll(row => SupabaseProjectSnapshots.Of(table, row, readAt));
        return new(records, records.Count == 0 ? null : records[^1].Ref.Id, page.Total);
    }

    /// <summary>Each page begins behind the last row of the one before, by time and id: an edit between two pages hides none.</summary>
    public async Task<ChangedPage> ChangedSinceAsync(RemoteKind kind, ChangedWindow window, CancellationToken ct)
    {
        var table = mapping.Of(kind);
        var condition = window.AfterId is { } id
            ? SupabaseProjectQuery.Behind(table.UpdatedAt, window.Since, table.Id, id)
            : $"{table.UpdatedAt}.gte.{SupabaseProjectQuery.Quoted(SupabaseProjectValues.Time(window.Since))}";
        var query = Paged(SupabaseProjectQuery.Of(table, condition), $"{table.UpdatedAt}.asc,{table.Id}.asc");
        var page = await caller.ReadAsync(table.Name, query, window.AfterId is null ? SupabaseProjectCaller.Counted : null, ct);
        var found = page.Rows.ConvertAll(row => new ChangedId(SupabaseProjectSnapshots.IdOf(table, row), SupabaseProjectSnapshots.ChangedAt(table, row)));
        return new(found, found.Count == 0 ? null : new(found[^1].UpdatedAt, found[^1].Id), page.Total);
    }

    public async Task<IReadOnlyList<RemoteOwner>> ReadOwnersAsync(CancellationToken ct)
    {
        if (mapping.Owners is not { } owners)
            return [];
        var found = new List<RemoteOwner>();
        for (string? last = null, after = ""; after != last;)
        {
            last = after;
            var page = await caller.ReadAsync(owners.Table, Page(owners, after), null, ct);
            found.AddRange(page.Rows.Select(row => new RemoteOwner(
                SupabaseProjectValues.TextOf(row, owners.Id) ?? throw SupabaseProjectCaller.Unreadable($"{owners.Id} in {owners.Table}"),
                SupabaseProjectValues.TextOf(row, owners.Email), SupabaseProjectValues.TextOf(row, owners.Name), IsActive: true)));
            after = found.Count == 0 ? "" : found[^1].Id;
        }

        return found;
    }

    public Task<IReadOnlyList<RemoteStage>> ReadStagesAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<RemoteStage>>(mapping.Stages);

    public Task<IReadOnlyList<RemoteSnapshot>> FindAsync(RemoteKind kind, IReadOnlyCollection<SoughtRecord> sought, CancellationToken ct) =>
        _writer.FindAsync(mapping.Of(kind), sought, ct);

    public Task<IReadOnlyList<WriteAnswer>> WriteAsync(RemoteKind kind, IReadOnlyList<RecordUpdate> updates, CancellationToken ct) =>
        _writer.UpdateAsync(mapping.Of(kind), updates, ct);

    public Task<IReadOnlyList<WriteAnswer>> CreateAsync(RemoteKind kind, IReadOnlyList<RecordCreation> creations, CancellationToken ct) =>
        _writer.CreateAsync(mapping.Of(kind), creations, ct);

    public Task<IReadOnlyList<WriteAnswer>> DeleteAsync(RemoteKind kind, IReadOnlyList<string> ids, CancellationToken ct) =>
        _writer.DeleteAsync(mapping.Of(kind), ids, ct);

    public Task<IReadOnlyList<WriteAnswer>> EraseAsync(RemoteKind kind, IReadOnlyList<string> ids, CancellationToken ct) =>
        _writer.EraseAsync(mapping.Of(kind), ids, ct);

    public Task<WriteAnswer> MergeAsync(RemoteKind kind, string survivor, string loser, CancellationToken ct) =>
        Task.FromResult(WriteAnswer.Refused("A Supabase project does not merge rows: deleting one would take with it, or leave behind, what refers to it. Merge them there by hand."));

    public Task<IReadOnlyList<WriteAnswer>> LinkAsync(RemoteKind from, IReadOnlyList<LinkChange> changes, CancellationToken ct) =>
        _linker.LinkAsync(mapping.Of(from), changes, ct);

    private async Task<IEnumerable<RemoteSnapshot>> SnapshotsAsync(SupabaseProjectTable table, Dictionary<string, string> query, CancellationToken ct)
    {
        var readAt = time.GetUtcNow();
        var page = await caller.ReadAsync(table.Name, query, null, ct);
        return page.Rows.Select(row => SupabaseProjectSnapshots.Of(table, row, readAt));
    }

    private static Dictionary<string, string> Page(SupabaseProjectOwners owners, string after)
    {
        var query = new Dictionary<string, string> { ["select"] = string.Join(',', new[] { owners.Id, owners.Email, owners.Name }.OfType<string>().Distinct()) };
        if (after.Length > 0)
            query["and"] = $"({owners.Id}.gt.{SupabaseProjectQuery.Quoted(after)})";
        return Paged(query, $"{owners.Id}.asc");
    }

    private static Dictionary<string, string> Paged(Dictionary<string, string> query, string order) =>
        query.With("order", order).With("limit", PageSize.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
