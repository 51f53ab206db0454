using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>A tenant's HubSpot account.</summary>
internal sealed class HubSpotAccount(HubSpotCaller caller, HubSpotPaths paths, TimeProvider time) : ICrmAccount
{
    private const int PageSize = 100;
    private const int ReadSize = 100;

    /// <summary>Half of it where history is asked for; HubSpot answers more with 400.</summary>
    private const int HistoryReadSize = 50;

    private readonly HubSpotAssociationReader _associations = new(caller, paths);
    private readonly HubSpotChanges _changes = new(caller, paths);
    private readonly HubSpotDirectory _directory = new(caller, paths);

    public bool KeepsHistory => true;

    public int ReadLimit => ReadSize;

    public Task<RemoteAccount> DescribeAsync(CancellationToken ct) => _directory.DescribeAsync(ct);

    public async Task<IReadOnlyList<RemoteSnapshot>> ReadAsync(
        RemoteKind kind, IReadOnlyCollection<string> ids, bool withHistory, CancellationToken ct)
    {
        var properties = HubSpotFields.PropertiesOf(kind);
        var snapshots = new List<RemoteSnapshot>(ids.Count);
        foreach (var chunk in ids.Distinct().Chunk(withHistory ? HistoryReadSize : ReadSize))
        {
            var readAt = time.GetUtcNow();
            var input = new HubSpotReadInput(properties, withHistory ? properties : null, [.. chunk.Select(id => new HubSpotId(id))]);
            var records = await caller.CallAsync(
                HubSpotCaller.Burst, (api, token, call) => api.ReadAsync(paths.Records(kind), input, token, call, ct), ct);
            snapshots.AddRange((records.Results ?? throw HubSpotCaller.Unreadable("results"))
                .Select(record => HubSpotSnapshots.Of(kind, record, readAt, [])));
        }

        // An id that was merged into another may be answered with the survivor, who may have been asked for, too.
        return [.. snapshots.DistinctBy(snapshot => snapshot.Ref)];
    }

    public Task<IReadOnlyList<RemoteAssociations>> ReadAssociationsAsync(
        RemoteKind from, IReadOnlyCollection<string> ids, RemoteKind to, CancellationToken ct) => _associations.ReadAsync(from, ids, to, ct);

    public async Task<RemotePage> ListAsync(RemoteKind kind, string? after, bool archived, CancellationToken ct)
    {
        var targets = archived ? [] : AssociationKinds.From(kind);
        var readAt = time.GetUtcNow();
        var page = await caller.CallAsync(
            HubSpotCaller.Burst,
            (api, token, call) => api.ListAsync(
                paths.Records(kind), PageSize, after, archived ? "true" : "false", string.Join(',', HubSpotFields.PropertiesOf(kind)),
                targets.IsEmpty ? null : string.Join(',', targets.Select(HubSpotObjects.NameOf)), token, call, ct),
            ct);
        var records = page.Results ?? throw HubSpotCaller.Unreadable("results");
        var associations = await _associations.OfListAsync(kind, records, targets, ct);
        return new(
            [.. records.Select((record, i) => HubSpotSnapshots.Of(kind, record, readAt, associations[i]))], page.Paging?.Next?.After, page.Total);
    }

    public Task<ChangedPage> ChangedSinceAsync(RemoteKind kind, ChangedWindow window, CancellationToken ct) => _changes.PageAsync(kind, window, ct);

    public Task<IReadOnlyList<RemoteOwner>> ReadOwnersAsync(CancellationToken ct) => _directory.ReadOwnersAsync(ct);

    public Task<IReadOnlyList<RemoteStage>> ReadStagesAsync(CancellationToken ct) => _directory.ReadStagesAsync(ct);
}
