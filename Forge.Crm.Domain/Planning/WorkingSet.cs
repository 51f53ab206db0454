using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>
/// The stored rows that a batch concerns, loaded and locked by the store, and what planning made of them. The planner reads and writes
/// here only; the store then writes what differs from what it loaded.
/// </summary>
public sealed class WorkingSet
{
    private readonly Dictionary<RemoteRef, RecordLink> _links = [];
    private readonly Dictionary<Guid, HubRecord> _records = [];
    private readonly Dictionary<(RecordKind Kind, string Key), Guid> _identities = [];
    private readonly Dictionary<AssociationKey, Association> _associations = [];
    private readonly HashSet<Guid> _linked = [];

    public WorkingSet(
        IEnumerable<HubRecord> records, IEnumerable<RecordLink> links,
        IEnumerable<(RecordKind Kind, string Key, Guid RecordId)> identities,
        IEnumerable<Guid> recordsWithLiveLink, IEnumerable<Association> associations)
    {
        foreach (var record in records)
            _records[record.Id] = record;
        foreach (var link in links)
            _links[link.Ref] = link;
        foreach (var (kind, key, id) in identities)
            _identities[(kind, key)] = id;
        foreach (var association in associations)
            _associations[association.Key] = association;
        _linked.UnionWith(recordsWithLiveLink);
        _linked.UnionWith(_links.Values.Where(link => link.State == LinkState.Live).Select(link => link.RecordId));
    }

    public static WorkingSet Empty => new([], [], [], [], []);

    /// <summary>Records that are new (version 0) or changed.</summary>
    public Dictionary<Guid, HubRecord> ChangedRecords { get; } = [];

    public Dictionary<RemoteRef, RecordLink> NewLinks { get; } = [];

    public Dictionary<RemoteRef, RecordLink> ChangedLinks { get; } = [];

    /// <summary>New match keys; a key that another record holds is never among them.</summary>
    public Dictionary<(RecordKind Kind, string Key), Guid> Claims { get; } = [];

    public Dictionary<AssociationKey, Association> ChangedAssociations { get; } = [];

    public RecordLink? Link(RemoteRef reference) => _links.GetValueOrDefault(reference);

    public HubRecord? Record(Guid id) => _records.GetValueOrDefault(id);

    public Guid? Holder(RecordKind kind, string key) => _identities.TryGetValue((kind, key), out var id) ? id : null;

    /// <summary>Whether the record already has a live link to the platform of this batch.</summary>
    public bool IsLinked(Guid recordId) => _linked.Contains(recordId);

    public IEnumerable<Association> AssociationsOf(RecordKind fromKind, Guid fromId, RecordKind toKind) =>
        _associations.Values.Where(a => a.Key.FromId == fromId && a.Key.FromKind == fromKind && a.Key.ToKind == toKind);

    public void Put(HubRecord record) => _records[record.Id] = ChangedRecords[record.Id] = record;

    public void Put(RecordLink link)
    {
        var isNew = !_links.ContainsKey(link.Ref) || NewLinks.ContainsKey(link.Ref);
        (isNew ? NewLinks : ChangedLinks)[link.Ref] = _links[link.Ref] = link;
        if (link.State == LinkState.Live)
            _linked.Add(link.RecordId);
    }

    public void Claim(RecordKind kind, string key, Guid recordId)
    {
        if (_identities.TryAdd((kind, key), recordId))
            Claims[(kind, key)] = recordId;
    }

    public void Put(Association association) => _associations[association.Key] = ChangedAssociations[association.Key] = association;
}
