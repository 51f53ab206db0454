using System.Text.Json;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>A tenant's Pipedrive account.</summary>
internal sealed class PipedriveAccount(PipedriveCaller caller, TimeProvider time) : ICrmAccount
{
    private const int PageSize = 500;
    private const int ReadSize = 100;
    private const string ArchivedDeals = "deals/archived";

    private readonly PipedriveChanges _changes = new(caller);
    private readonly PipedriveDirectory _directory = new(caller);
    private readonly PipedriveFirstVersion _firstVersion = new(caller, time);

    /// <summary>One time a record is all that the API tells.</summary>
    public bool KeepsHistory => false;

    public int ReadLimit => ReadSize;

    public Task<RemoteAccount> DescribeAsync(CancellationToken ct) => _directory.DescribeAsync(ct);

    /// <summary>With their associations. A record that was deleted is among them and says so, as long as Pipedrive keeps it.</summary>
    public async Task<IReadOnlyList<RemoteSnapshot>> ReadAsync(
        RemoteKind kind, IReadOnlyCollection<string> ids, bool withHistory, CancellationToken ct)
    {
        if (PipedriveObjects.IsOfFirstVersion(kind))
            return await _firstVersion.ReadAsync(kind, ids.Distinct(), ct);
        var snapshots = new List<RemoteSnapshot>(ids.Count);
        foreach (var chunk in ids.Distinct().Chunk(ReadSize))
        {
            var shown = await ByIdAsync(kind, PipedriveObjects.PathOf(kind), chunk, ct);
            snapshots.AddRange(shown);
            string[] missing = [.. chunk.Except(shown.Select(snapshot => snapshot.Ref.Id))];
            if (missing.Length > 0)
                snapshots.AddRange(await HiddenAsync(kind, missing, ct));
        }

        return snapshots;
    }

    public async Task<IReadOnlyList<RemoteAssociations>> ReadAssociationsAsync(
        RemoteKind from, IReadOnlyCollection<string> ids, RemoteKind to, CancellationToken ct)
    {
        var shown = (await ReadAsync(from, ids, withHistory: false, ct)).ToDictionary(snapshot => snapshot.Ref.Id);
        return [.. ids.Distinct().Select(id =>
            shown.GetValueOrDefault(id)?.Associations.FirstOrDefault(row => row.ToKind == to) ?? new(new(from, id), to, []))];
    }

    /// <summary>Only deals can be listed when they are deleted; what became of other records is learned from events and by asking for their ids.</summary>
    public async Task<RemotePage> ListAsync(RemoteKind kind, string? after, bool archived, CancellationToken ct)
    {
        if (archived && kind != RemoteKind.Deal)
            return new([], null, null);
        if (PipedriveObjects.IsOfFirstVersion(kind))
            return await _firstVersion.ListAsync(kind, after, ct);
        var isArchive = after?.StartsWith(ArchivedDeals, StringComparison.Ordinal) == true;
        var path = isArchive ? ArchivedDeals : PipedriveObjects.PathOf(kind);
        var readAt = time.GetUtcNow();
        var page = await caller.CallAsync(
            (api, access, call) => api.ListAsync(
                path, PageSize, isArchive ? CursorOf(after!) : after, null, archived ? PipedriveObjects.Deleted : null, null, "id", "asc",
                PipedriveObjects.IncludedFieldsOf(kind), access, call, ct),
            ct);
        var records = Records(page).Where(record => PipedriveObjects.IsOf(kind, record))
            .Select(record => PipedriveSnapshots.Of(kind, record, readAt))
            .Where(snapshot => snapshot.ArchivedAt is not null == archived);
        return new([.. records], After(page.AdditionalData?.NextCursor, kind == RemoteKind.Deal && !archived, isArchive), null);
    }

    public Task<ChangedPage> ChangedSinceAsync(RemoteKind kind, ChangedWindow window, CancellationToken ct) =>
        PipedriveObjects.IsOfFirstVersion(kind) ? _firstVersion.ChangedAsync(kind, window, ct) : _changes.PageAsync(kind, window, ct);

    public Task<IReadOnlyList<RemoteOwner>> ReadOwnersAsync(CancellationToken ct) => _directory.ReadOwnersAsync(ct);

    public Task<IReadOnlyList<RemoteStage>> ReadStagesAsync(CancellationToken ct) => _directory.ReadStagesAsync(ct);

    /// <summary>
    /// What lists by id leave out: archived deals, which have a list of their own, and deleted records of the other kinds, which are shown
    /// only one by one. An id that is not there either is left out.
    /// </summary>
    private async Task<List<RemoteSnapshot>> HiddenAsync(RemoteKind kind, string[] ids, CancellationToken ct)
    {
        if (kind == RemoteKind.Deal)
            return await ByIdAsync(kind, ArchivedDeals, ids, ct);
        var snapshots = new List<RemoteSnapshot>();
        foreach (var id in ids)
        {
            var readAt = time.GetUtcNow();
            var one = await caller.FindAsync((api, access, call) => api.ReadAsync(PipedriveObjects.PathOf(kind), id, access, call, ct), ct);
            if (one?.Data is { ValueKind: JsonValueKind.Object } record)
                snapshots.Add(PipedriveSnapshots.Of(kind, record, readAt));
        }

        return snapshots;
    }

    private async Task<List<RemoteSnapshot>> ByIdAsync(RemoteKind kind, string path, string[] ids, CancellationToken ct)
    {
        var readAt = time.GetUtcNow();
        var page = await caller.CallAsync(
            (api, access, call) => api.ListAsync(
                path, ReadSize, null, string.Join(',', ids), path == "deals" ? PipedriveObjects.AnyStatus : null, null, null, null,
                PipedriveObjects.IncludedFieldsOf(kind), access, call, ct),
            ct);
        return [.. Records(page).Select(record => PipedriveSnapshots.Of(kind, record, readAt))];
    }

    private static List<JsonElement> Records(PipedrivePage page) => page.Data ?? throw PipedriveCaller.Unreadable("data");

    /// <summary>Behind the last deal of the list come the archived ones: they are live records of the account.</summary>
    private static string? After(string? cursor, bool isDeals, bool isArchive) => cursor switch
    {
        { Length: > 0 } => isArchive ? $"{ArchivedDeals} {cursor}" : cursor,
        _ => isDeals && !isArchive ? ArchivedDeals : null,
    };

    private static string? CursorOf(string after) => after.Length > ArchivedDeals.Length ? after[(ArchivedDeals.Length + 1)..] : null;
}
