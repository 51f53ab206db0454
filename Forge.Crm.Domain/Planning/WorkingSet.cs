using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <param name="From">The record that held the key when the batch was loaded; null where nobody did.</param>
public readonly record struct Claim(Guid RecordId, Guid? From);

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
    private readonly Dictionary<Guid, ImmutableArray<FieldConflict>> _conflicts = [];

    public WorkingSet(
        IEnumerable<HubRecord> records, IEnumerable<RecordLink> links,
        IEnumerable<(RecordKind Kind, string Key, Guid RecordId)> identities,
        IEnumerable<Guid> recordsWithLiveLink, IEnumerable<Association> associations, IEnumerable<FieldConflict> conflicts)
    {
        foreach (var record in records)
            _records[record.Id] = record;
        foreach (var link in links)
            _links[link.Ref] = link;
        foreach (var (kind, key, id) in identities)
            _identities[(kind, key)] = id;
        foreach (var association in associations)
            _associations[association.Key] = association;
        foreach (var conflict in conflicts)
            _conflicts[conflict.RecordId] = ConflictsOf(conflict.RecordId).Add(conflict);
        _linked.UnionWith(recordsWithLiveLink);
        _linked.UnionWith(_links.Values.Where(link => link.State == LinkState.Live).Select(link => link.RecordId));
    }

    public static WorkingSet Empty => new([], [], [], [], [], []);

    /// <summary>Records that are new (version 0) or changed.</summary>
    public Dictionary<Guid, HubRecord> ChangedRecords { get; } = [];

    public Dictionary<RemoteRef, RecordLink> NewLinks { get; } = [];

    public Dictionary<RemoteRef, RecordLink> ChangedLinks { get; } = [];

    /// <summary>Match keys that got a holder: new ones, and those whose holder is gone or no longer carries them.</summary>
    public Dictionary<(RecordKind Kind, string Key), Claim> Claims { get; } = [];

    public Dictionary<ConflictKey, ConflictChange> ChangedConflicts { get; } = [];

    public Dictionary<AssociationKey, Association> ChangedAssociations { get; } = [];

    /// <summary>Records that the platform has by a link that came alive or changed hands here: what belongs to them can be associated there now.</summary>
    public HashSet<(RecordKind Kind, Guid Id)> Began { get; } = [];

    /// <summary>Records whose link to the platform ended: with the record there, its associations are gone.</summary>
    public HashSet<(RecordKind Kind, Guid Id)> Ended { get; } = [];

    public RecordLink? Link(RemoteRef reference) => _links.GetValueOrDefault(reference);

    public HubRecord? Record(Guid id) => _records.GetValueOrDefault(id);

    public Guid? Holder(RecordKind kind, string key) => _identities.TryGetValue((kind, key), out var id) ? id : null;

    /// <summary>Whether the record already has a live link to the platform of this batch.</summary>
    public bool IsLinked(Guid recordId) => _linked.Contains(recordId);

    /// <summary>The record's live link to the platform of this batch, else that of a creation under way.</summary>
    public RecordLink? LinkOf(Guid recordId) =>
        _links.Values.Where(link => link.RecordId == recordId && link.State is LinkState.Live or LinkState.Creating)
            .OrderBy(link => link.State).ThenBy(link => link.Ref.Id, StringComparer.Ordinal).FirstOrDefault();

    /// <summary>Creations of a kind that were sent and not answered yet.</summary>
    public IEnumerable<RecordLink> CreationsOf(RemoteKind kind) => _links.Values.Where(link => link.State == LinkState.Creating && link.Ref.Kind == kind);

    /// <summary>Whether the record had a link to the platform that a deletion there ended.</summary>
    public bool WasDeleted(Guid recordId) =>
        _links.Values.Any(link => link.RecordId == recordId && link is { State: LinkState.Deleted, HasId: true });

    /// <summary>Whether the match plan keeps the record from being created on the platform.</summary>
    public bool IsKeptOut(Guid recordId) =>
        _links.Values.Any(link => link.RecordId == recordId && link.State is LinkState.Held or LinkState.Excluded);

    /// <summary>The record that this one was merged into, at the end of the chain; itself where it was not. Null where one of the chain was not loaded.</summary>
    public HubRecord? Survivor(HubRecord record)
    {
        var survivor = record;
        while (survivor?.MergedIntoId is { } next)
            survivor = Record(next);
        return survivor;
    }

    /// <summary>The open conflicts of a record, with whatever platform.</summary>
    public ImmutableArray<FieldConflict> ConflictsOf(Guid recordId) =>
        _conflicts.Count == 0 ? [] : _conflicts.TryGetValue(recordId, out var open) ? open : [];

    /// <summary>The record's live links to the platform: a contact may be a lead there as well.</summary>
    public IEnumerable<RecordLink> LiveLinksOf(Guid recordId) => _links.Values.Where(link => link.RecordId == recordId && link.State == LinkState.Live);

    /// <summary>What the platform had of an erased record, under whatever ids.</summary>
    public IEnumerable<RecordLink> ErasedLinksOf(Guid recordId) => _links.Values.Where(link => link.RecordId == recordId && link is { State: LinkState.Erased, HasId: true });

    public IEnumerable<Association> AssociationsOf(RecordKind fromKind, Guid fromId) =>
        _associations.Values.Where(a => a.Key.FromId == fromId && a.Key.FromKind == fromKind);

    public IEnumerable<Association> AssociationsOf(RecordKind fromKind, Guid fromId, RecordKind toKind) =>
        _associations.Values.Where(a => a.Key.FromId == fromId && a.Key.FromKind == fromKind && a.Key.ToKind == toKind);

    public void Put(HubRecord record) => _records[record.Id] = ChangedRecords[record.Id] = record;

    public void Put(RecordLink link)
    {
        var old = _links.GetValueOrDefault(link.Ref);
        Turn(old, link);
        (old is null || NewLinks.ContainsKey(link.Ref) ? NewLinks : ChangedLinks)[link.Ref] = _links[link.Ref] = link;
        // Only the end of a live link unlinks a record: one that is put otherwise says nothing of others, which may not be loaded.
        if (old is { State: LinkState.Live } && !_links.Values.Any(other => other.RecordId == old.RecordId && other.State == LinkState.Live))
            _linked.Remove(old.RecordId);
        if (link.State == LinkState.Live)
            _linked.Add(link.RecordId);
    }

    private void Turn(RecordLink? old, RecordLink link)
    {
        var kind = link.Ref.Kind.ToRecordKind();
        if (link.State == LinkState.Live && (old?.State != LinkState.Live || old.RecordId != link.RecordId))
            Began.Add((kind, link.RecordId));
        if (old is { State: LinkState.Live } && link.State is LinkState.Deleted or LinkState.Erased)
            Ended.Add((kind, link.RecordId));
    }

    /// <summary>Gives a match key to a record. A live record that carries it keeps it.</summary>
    /// <param name="carries">Whether a record carries the key now.</param>
    /// <returns>The record that keeps the key from this one; null where it was given.</returns>
    public Guid? Claim(RecordKind kind, string key, Guid recordId, Func<HubRecord, string, bool> carries)
    {
        var holder = Holder(kind, key);
        if (holder == recordId)
            return null;
        if (holder is { } other && Record(other) is { } held && Survivor(held) is { IsLive: true } survivor && carries(survivor, key))
            return survivor.Id == recordId ? Give(kind, key, recordId, holder) : survivor.Id;
        return Give(kind, key, recordId, holder);
    }

    private Guid? Give(RecordKind kind, string key, Guid recordId, Guid? from)
    {
        var first = Claims.TryGetValue((kind, key), out var claim) ? claim.From : from;
        _identities[(kind, key)] = recordId;
        Claims[(kind, key)] = new(recordId, first);
        return null;
    }

    public void Put(ConflictChange change)
    {
        var others = ConflictsOf(change.Conflict.RecordId).RemoveAll(conflict => conflict.Key == change.Conflict.Key);
        _conflicts[change.Conflict.RecordId] = change.IsOpen ? others.Add(change.Conflict) : others;
        ChangedConflicts[change.Conflict.Key] = change;
    }

    public void Put(Association association) => _associations[association.Key] = ChangedAssociations[association.Key] = association;
}
