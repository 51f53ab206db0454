using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>A tenant's HubSpot account.</summary>
internal sealed class HubSpotAccount(
    HubSpotCaller caller, HubSpotPaths paths, HubSpotReader reader, HubSpotSetup setup, TimeProvider time, Func<Func<Task<bool>>, CancellationToken, Task<bool>> hasLeads)
    : ICrmAccount, ICrmWriter, ICrmLeads
{
    private const int PageSize = 100;

    private readonly HubSpotAssociationReader _associations = new(caller, paths);
    private readonly HubSpotChanges _changes = new(caller, paths);
    private readonly HubSpotDirectory _directory = new(caller, paths);
    private readonly HubSpotLeads _leads = new(caller, paths, new(caller, paths), hasLeads);
    private readonly HubSpotFinder _finder = new(caller, paths, reader, setup);
    private readonly HubSpotLinker _linker = new(caller, paths);
    private readonly HubSpotWriter _writer = new(caller, paths, reader, setup, time);

    public bool KeepsHistory => true;

    public int ReadLimit => HubSpotReader.Limit;

    public int WriteLimit => HubSpotWriter.Limit;

    public PushPrice PriceOf(PushKind push, RecordKind kind) => HubSpotPrices.Of(push, kind);

    public Task<RemoteAccount> DescribeAsync(CancellationToken ct) => _directory.DescribeAsync(ct);

    public Task<IReadOnlyList<RemoteSnapshot>> ReadAsync(
        RemoteKind kind, IReadOnlyCollection<string> ids, bool withHistory, CancellationToken ct) => reader.ReadAsync(kind, ids, withHistory, ct);

    public Task<IReadOnlyList<RemoteAssociations>> ReadAssociationsAsync(
        RemoteKind from, IReadOnlyCollection<string> ids, RemoteKind to, CancellationToken ct) => _associations.ReadAsync(from, ids, to, ct);

    public async Task<RemotePage> ListAsync(RemoteKind kind, string? after, bool archived, CancellationToken ct)
    {
        var targets = archived ? [] : AssociationKinds.From(kind);
        var readAt = time.GetUtcNow();
        var page = await caller.CallAsync(
            HubSpotCaller.Burst,
            (api, token, call) => api.ListAsync(
                paths.Records(kind), PageSize, after, archived ? "true" : "false", string.Join(',', reader.PropertiesOf(kind)),
                targets.IsEmpty ? null : string.Join(',', targets.Select(HubSpotObjects.NameOf)), token, call, ct),
            ct);
        var records = page.Results ?? throw HubSpotCaller.Unreadable("results", paths.Records(kind));
        var associations = await _associations.OfListAsync(kind, records, targets, ct);
        return new(
            [.. records.Select((record, i) => HubSpotSnapshots.Of(kind, record, readAt, associations[i]))], page.Paging?.Next?.After, page.Total);
    }

    public Task<ChangedPage> ChangedSinceAsync(RemoteKind kind, ChangedWindow window, CancellationToken ct) => _changes.PageAsync(kind, window, ct);

    public Task<IReadOnlyList<RemoteOwner>> ReadOwnersAsync(CancellationToken ct) => _directory.ReadOwnersAsync(ct);

    public Task<IReadOnlyList<RemoteStage>> ReadStagesAsync(CancellationToken ct) => _directory.ReadStagesAsync(ct);

    public Task<IReadOnlyList<RemoteSnapshot>> FindAsync(RemoteKind kind, IReadOnlyCollection<SoughtRecord> sought, CancellationToken ct) =>
        _finder.FindAsync(kind, sought, ct);

    public Task<IReadOnlyList<WriteAnswer>> WriteAsync(RemoteKind kind, IReadOnlyList<RecordUpdate> updates, CancellationToken ct) =>
        _writer.WriteAsync(kind, updates, ct);

    public Task<IReadOnlyList<WriteAnswer>> CreateAsync(RemoteKind kind, IReadOnlyList<RecordCreation> creations, CancellationToken ct) =>
        _writer.CreateAsync(kind, creations, ct);

    public Task<IReadOnlyList<WriteAnswer>> DeleteAsync(RemoteKind kind, IReadOnlyList<string> ids, CancellationToken ct) => _writer.DeleteAsync(kind, ids, ct);

    public Task<IReadOnlyList<WriteAnswer>> EraseAsync(RemoteKind kind, IReadOnlyList<string> ids, CancellationToken ct) =>
        kind == RemoteKind.Lead ? _leads.DeleteAsync(ids, ct) : _writer.EraseAsync(kind, ids, ct);

    public Task<WriteAnswer> MergeAsync(RemoteKind kind, string survivor, string loser, CancellationToken ct) => _writer.MergeAsync(kind, survivor, loser, ct);

    public Task<IReadOnlyList<WriteAnswer>> LinkAsync(RemoteKind from, IReadOnlyList<LinkChange> changes, CancellationToken ct) => _linker.LinkAsync(from, changes, ct);

    public Task<bool> HasLeadsAsync(CancellationToken ct) => _leads.HasLeadsAsync(ct);

    public Task<IReadOnlyList<RemoteLead>> LeadsOfAsync(string contact, CancellationToken ct) => _leads.LeadsOfAsync(contact, ct);

    public Task<LeadAnswer> CreateLeadAsync(string contact, string name, CancellationToken ct) => _leads.CreateLeadAsync(contact, name, ct);
}
