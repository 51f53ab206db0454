using System.Text.Json;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>A tenant's Pipedrive account.</summary>
internal sealed class PipedriveAccount(
    PipedriveCaller caller, PipedriveFirstVersion firstVersion, PipedriveReader reader, PipedriveDirectory directory, PipedriveFieldCatalog fields,
    PipedriveActivityTypes types, TimeProvider time)
    : ICrmAccount, ICrmWriter
{
    private const int PageSize = 500;
    private const string ArchivedDeals = PipedriveReader.ArchivedDeals;

    private readonly PipedriveChanges _changes = new(caller);
    private readonly PipedriveFinder _finder = new(caller, reader, time);
    private readonly PipedriveLinker _linker = new(caller);
    private readonly PipedriveWriter _writer = new(caller, fields, directory, types, time);

    /// <summary>One time a record is all that the API tells.</summary>
    public bool KeepsHistory => false;

    public bool TellsTotals => false;

    public int ReadLimit => PipedriveReader.Limit;

    public Task<RemoteAccount> DescribeAsync(CancellationToken ct) => directory.DescribeAsync(ct);

    public int WriteLimit => PipedriveWriter.Limit;

    public PushPrice PriceOf(PushKind push, RecordKind kind) => PipedrivePushPrices.Of(push, kind);

    /// <inheritdoc cref="PipedriveReader"/>
    public Task<IReadOnlyList<RemoteSnapshot>> ReadAsync(
        RemoteKind kind, IReadOnlyCollection<string> ids, bool withHistory, CancellationToken ct) => reader.ReadAsync(kind, ids, ct);

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
            return await firstVersion.ListAsync(kind, after, ct);
        var isArchive = after?.StartsWith(ArchivedDeals, StringComparison.Ordinal) == true;
        var path = isArchive ? ArchivedDeals : PipedriveObjects.PathOf(kind);
        var readAt = time.GetUtcNow();
        var page = await caller.CallAsync(
            (api, access, call) => api.ListAsync(
                path, PageSize, isArchive ? CursorOf(after!) : after, null, archived ? PipedriveObjects.Deleted : null, null, "id", "asc",
                PipedriveObjects.IncludedFieldsOf(kind), access, call, ct),
            ct);
        var records = Records(page, path).Where(record => PipedriveObjects.IsOf(kind, record))
            .Select(record => PipedriveSnapshots.Of(kind, record, readAt))
            .Where(snapshot => snapshot.ArchivedAt is not null == archived);
        return new([.. records], After(page.AdditionalData?.NextCursor, kind == RemoteKind.Deal && !archived, isArchive), null);
    }

    public Task<ChangedPage> ChangedSinceAsync(RemoteKind kind, ChangedWindow window, CancellationToken ct) =>
        PipedriveObjects.IsOfFirstVersion(kind) ? firstVersion.ChangedAsync(kind, window, ct) : _changes.PageAsync(kind, window, ct);

    public Task<IReadOnlyList<RemoteOwner>> ReadOwnersAsync(CancellationToken ct) => directory.ReadOwnersAsync(ct);

    public Task<IReadOnlyList<RemoteStage>> ReadStagesAsync(CancellationToken ct) => directory.ReadStagesAsync(ct);

    public Task<IReadOnlyList<RemoteSnapshot>> FindAsync(RemoteKind kind, IReadOnlyCollection<SoughtRecord> sought, CancellationToken ct) =>
        _finder.FindAsync(kind, sought, ct);

    public Task<IReadOnlyList<WriteAnswer>> WriteAsync(RemoteKind kind, IReadOnlyList<RecordUpdate> updates, CancellationToken ct) =>
        _writer.WriteAsync(kind, updates, ct);

    public Task<IReadOnlyList<WriteAnswer>> CreateAsync(RemoteKind kind, IReadOnlyList<RecordCreation> creations, CancellationToken ct) =>
        _writer.CreateAsync(kind, creations, ct);

    public Task<IReadOnlyList<WriteAnswer>> DeleteAsync(RemoteKind kind, IReadOnlyList<string> ids, CancellationToken ct) => _writer.DeleteAsync(kind, ids, ct);

    public Task<WriteAnswer> MergeAsync(RemoteKind kind, string survivor, string loser, CancellationToken ct) => _writer.MergeAsync(kind, survivor, loser, ct);

    public Task<IReadOnlyList<WriteAnswer>> LinkAsync(RemoteKind from, IReadOnlyList<LinkChange> changes, CancellationToken ct) => _linker.LinkAsync(from, changes, ct);

    private static List<JsonElement> Records(PipedrivePage page, string path) => page.Data ?? throw PipedriveCaller.Unreadable("data", path);

    /// <summary>Behind the last deal of the list come the archived ones: they are live records of the account.</summary>
    private static string? After(string? cursor, bool isDeals, bool isArchive) => cursor switch
    {
        { Length: > 0 } => isArchive ? $"{ArchivedDeals} {cursor}" : cursor,
        _ => isDeals && !isArchive ? ArchivedDeals : null,
    };

    private static string? CursorOf(string after) => after.Length > ArchivedDeals.Length ? after[(ArchivedDeals.Length + 1)..] : null;
}
