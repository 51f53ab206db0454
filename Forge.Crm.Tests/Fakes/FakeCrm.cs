using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Fakes;

/// <summary>
/// A platform in memory: records with property history, associations, a recycle bin, a search whose index may lag. People work on it
/// through the methods here; the code under test reads it through <see cref="FakeAccount"/>.
/// </summary>
internal sealed class FakeCrm(TimeProvider clock)
{
    public const string Token = "the-right-token";

    public static CrmCredentials Credentials { get; } = CrmCredentials.PrivateApp(Token);

    private readonly Lock _gate = new();
    private readonly Dictionary<RemoteRef, FakeRecord> _records = [];
    private readonly HashSet<(RemoteRef From, RemoteRef To)> _associations = [];
    private readonly Dictionary<string, int> _calls = [];
    private long _lastId = 100;

    public RemoteAccount Account { get; set; } = new("4711", "Europe/Berlin", "EUR");

    public List<RemoteOwner> Owners { get; } = [new("7", "Olga@Example.com", "Olga", true)];

    public List<RemoteStage> Stages { get; } =
    [
        new("sales", "Sales", "new", "New", 0, 0.2m, "open", false), new("sales", "Sales", "won", "Won", 1, 1m, "won", false),
    ];

    public int ListSize { get; set; } = 100;

    public int SearchSize { get; set; } = 200;

    /// <summary>How long the search does not know of a change.</summary>
    public TimeSpan IndexLag { get; set; } = TimeSpan.Zero;

    /// <summary>The search shows the records of a page's last stamp again on the next page, as one that can only filter by time does.</summary>
    public bool SearchRepeatsEdges { get; set; }

    /// <summary>Lists by ascending id, as HubSpot does; otherwise by descending.</summary>
    public bool ListsInOrder { get; set; } = true;

    /// <summary>Ids that the listing leaves out, though they can be read: a replica that is behind.</summary>
    public HashSet<string> Unlisted { get; } = [];

    public bool KeepsHistory { get; set; } = true;

    /// <summary>The answer to a write names the record's associations, as Pipedrive's does.</summary>
    public bool NamesAssociations { get; set; }

    /// <summary>Called before a call is answered, with its name ("list contact", "search deal", "read contact"…); throws to make it fail.</summary>
    public Action<string> Before { get; set; } = _ => { };

    /// <summary>Called when a call has been carried out and before its answer is given; throws to lose the answer.</summary>
    public Action<string> After { get; set; } = _ => { };

    /// <summary>Why the platform refuses to hold these properties; null where it takes them.</summary>
    public Func<IReadOnlyDictionary<string, string?>, string?> Refuses { get; set; } = _ => null;

    /// <summary>What the platform makes of a value that is written through the API.</summary>
    public Func<string?, string?> Normalise { get; set; } = value => value;

    /// <summary>What was written through the API: the call, the id, and the properties that it named.</summary>
    public List<string> Writes { get; } = [];

    public int CallsOf(string call) => Locked(() => _calls.GetValueOrDefault(call));

    public string Add(RemoteKind kind, params (string Name, string? Value)[] properties) => Locked(() =>
    {
        var id = (++_lastId).ToString(CultureInfo.InvariantCulture);
        var record = new FakeRecord(new(kind, id), clock.GetUtcNow());
        record.Set(properties, clock.GetUtcNow());
        _records.Add(record.Ref, record);
        return id;
    });

    /// <summary>As many as asked for, all within one tick of the clock, as an import does.</summary>
    public IReadOnlyList<string> AddContacts(int count) =>
        [.. Enumerable.Range(1, count).Select(n => Add(RemoteKind.Contact, ("email", $"c{n}@example.com"), ("firstname", $"First {n}"), ("lastname", "Last")))];

    public void Edit(RemoteKind kind, string id, params (string Name, string? Value)[] properties) =>
        Locked(() => Live(kind, id).Set(properties, clock.GetUtcNow()));

    public void Archive(RemoteKind kind, string id) => Locked(() => Live(kind, id).ArchivedAt = clock.GetUtcNow());

    public void Restore(RemoteKind kind, string id) => Locked(() =>
    {
        _records[new(kind, id)].ArchivedAt = null;
        _records[new(kind, id)].Touch(clock.GetUtcNow());
    });

    /// <summary>Gone for good, from the recycle bin too.</summary>
    public void Purge(RemoteKind kind, string id) => Locked(() => _records.Remove(new(kind, id)));

    public void Associate(RemoteKind from, string fromId, RemoteKind to, string toId) =>
        Locked(() => _associations.Add((Live(from, fromId).Touch(clock.GetUtcNow()).Ref, Live(to, toId).Ref)));

    public void Dissociate(RemoteKind from, string fromId, RemoteKind to, string toId) =>
        Locked(() => _associations.Remove((Live(from, fromId).Touch(clock.GetUtcNow()).Ref, Live(to, toId).Ref)));

    /// <summary>The live records of a kind by ascending id.</summary>
    public IReadOnlyList<RemoteSnapshot> All(RemoteKind kind) => Locked(() => Of(kind, archived: false).Select(r => Snapshot(r, withHistory: false)).ToList());

    /// <summary>Answers one call: counts it, lets the test interfere, and reads under the lock.</summary>
    public T Answer<T>(string call, Func<T> read)
    {
        Locked(() => _calls[call] = _calls.GetValueOrDefault(call) + 1);
        Before(call);
        var answer = Locked(read);
        After(call);
        return answer;
    }

    // The methods below run under the lock, within Answer.

    public RemotePage List(RemoteKind kind, string? after, bool archived)
    {
        var all = ListsInOrder ? Of(kind, archived) : Of(kind, archived).Reverse();
        var last = after is null ? (long?)null : Number(after);
        var page = all.Where(r => !Unlisted.Contains(r.Ref.Id)).Where(r => last is null || (ListsInOrder ? r.Number > last : r.Number < last)).Take(ListSize + 1).ToList();
        var shown = page.Take(ListSize).Select(r => Snapshot(r, withHistory: false) with { Associations = archived ? [] : AllAssociations(r.Ref) }).ToList();
        return new(shown, page.Count > ListSize ? shown[^1].Ref.Id : null, null);
    }

    /// <summary>
    /// The window moves on with every page, by stamp and id: a record that is edited meanwhile goes to the end and shifts nothing, and no
    /// search ever comes near the platform's cap of 10,000 results.
    /// </summary>
    public ChangedPage Search(RemoteKind kind, ChangedWindow window)
    {
        var found = Of(kind, archived: false)
            .Select(r => (Record: r, At: r.IndexedAt(clock.GetUtcNow() - IndexLag)))
            .Where(hit => hit.At > window.Since || (hit.At == window.Since && (window.AfterId is null || hit.Record.Number > Number(window.AfterId))))
            .OrderBy(hit => hit.At).ThenBy(hit => hit.Record.Number)
            .Select(hit => new ChangedId(hit.Record.Ref.Id, hit.At!.Value))
            .ToList();
        var page = found.Take(SearchSize).ToList();
        var last = page.LastOrDefault();
        var next = found.Count == page.Count ? null
            : !SearchRepeatsEdges ? new ChangedWindow(last!.UpdatedAt, last.Id)
            : page[0].UpdatedAt == last!.UpdatedAt && window.AfterId is null ? new(last.UpdatedAt, "0")
            : new(last.UpdatedAt, window.AfterId is null ? null : last.Id);
        return new(page, next, found.Count);
    }

    public IReadOnlyList<RemoteSnapshot> Read(RemoteKind kind, IEnumerable<string> ids, bool withHistory) =>
    [
        .. ids.Select(id => _records.GetValueOrDefault(new(kind, id))).OfType<FakeRecord>().Where(r => r.ArchivedAt is null)
            .Select(r => Snapshot(r, withHistory)),
    ];

    /// <summary>By our id only what is said to have been sent: looking for what never was costs some platforms dear.</summary>
    public IReadOnlyList<RemoteSnapshot> Find(RemoteKind kind, IEnumerable<SoughtRecord> sought) =>
    [
        .. from record in sought
        from ours in new[] { true, false }
        from found in Of(kind, archived: false)
        where ours ? found.SyncId == record.SyncId && record.Sent is { Properties.Count: > 0 } : record.Keys.Contains("email:" + found.Properties().GetValueOrDefault("email"))
        select Snapshot(found, withHistory: false),
    ];

    public WriteAnswer Write(RemoteKind kind, RecordUpdate update)
    {
        if (_records.GetValueOrDefault(new(kind, update.Id)) is not { ArchivedAt: null } record)
            return WriteAnswer.Absent;
        return Refuses(update.Properties) is { } reason ? WriteAnswer.Refused(reason) : Written("update", record, update.Properties);
    }

    public WriteAnswer Create(RemoteKind kind, RecordCreation creation)
    {
        if (Refuses(creation.Properties) is { } reason)
            return WriteAnswer.Refused(reason);
        var record = new FakeRecord(new(kind, (++_lastId).ToString(CultureInfo.InvariantCulture)), clock.GetUtcNow()) { SyncId = creation.SyncId };
        _records.Add(record.Ref, record);
        foreach (var link in creation.Links)
            _associations.Add((record.Ref, new(link.ToKind, link.ToId)));
        return Written("create", record, creation.Properties) is var answer && creation.Links.IsEmpty ? answer : answer with { Record = answer.Record! with { Associations = AllAssociations(record.Ref) } };
    }

    public WriteAnswer Delete(RemoteKind kind, string id)
    {
        if (_records.GetValueOrDefault(new(kind, id)) is not { ArchivedAt: null } record)
            return WriteAnswer.Absent;
        record.ArchivedAt = clock.GetUtcNow();
        Writes.Add($"delete {id}");
        return WriteAnswer.Deleted;
    }

    /// <summary>As a person does, without a trace among our writes.</summary>
    public void MergeByPerson(RemoteKind kind, string survivor, string loser) => Locked(() =>
    {
        Merge(kind, survivor, loser);
        _associations.RemoveWhere(a => !_records.ContainsKey(a.From) || !_records.ContainsKey(a.To));
        Writes.RemoveAt(Writes.Count - 1);
    });

    /// <summary>Null where it is nowhere any more.</summary>
    public RemoteKind? KindOf(string id) => Locked(() => _records.Keys.Where(known => known.Id == id).Select(known => (RemoteKind?)known.Kind).FirstOrDefault());

    /// <summary>As HubSpot does: a third id takes the place of both.</summary>
    public WriteAnswer Merge(RemoteKind kind, string survivor, string loser)
    {
        if (_records.GetValueOrDefault(new(kind, survivor)) is not { ArchivedAt: null } kept || _records.GetValueOrDefault(new(kind, loser)) is not { ArchivedAt: null } lost)
            return WriteAnswer.Absent;
        var record = new FakeRecord(new(kind, (++_lastId).ToString(CultureInfo.InvariantCulture)), clock.GetUtcNow())
        {
            SyncId = kept.SyncId ?? lost.SyncId,
            MergedIds = [survivor, loser],
        };
        record.Set(lost.Properties().Concat(kept.Properties().Where(p => p.Value is not null)).Select(p => (p.Key, p.Value)), clock.GetUtcNow());
        _records.Add(record.Ref, record);
        _records.Remove(kept.Ref);
        _records.Remove(lost.Ref);
        Writes.Add($"merge {survivor} {loser}");
        return WriteAnswer.Done(Snapshot(record, withHistory: false));
    }

    public WriteAnswer Link(RemoteKind from, LinkChange change)
    {
        var (a, b) = (_records.GetValueOrDefault(new(from, change.FromId)), _records.GetValueOrDefault(new(change.ToKind, change.ToId)));
        if (a is not { ArchivedAt: null } || b is not { ArchivedAt: null })
            return change.IsAdded ? WriteAnswer.Absent : WriteAnswer.Linked;
        if (change.IsAdded ? _associations.Add((a.Ref, b.Ref)) : _associations.Remove((a.Ref, b.Ref)))
            Writes.Add($"{(change.IsAdded ? "link" : "unlink")} {change.FromId} {change.ToId}");
        return WriteAnswer.Linked;
    }

    private WriteAnswer Written(string call, FakeRecord record, IReadOnlyDictionary<string, string?> properties)
    {
        record.Set(properties.Select(property => (property.Key, Normalise(property.Value))), clock.GetUtcNow());
        Writes.Add($"{call} {record.Ref.Id} {string.Join(',', properties.Keys.Order(StringComparer.Ordinal))}");
        return WriteAnswer.Done(Snapshot(record, withHistory: false) with { Associations = NamesAssociations ? AllAssociations(record.Ref) : default });
    }

    public RemoteAssociations Associations(RemoteRef from, RemoteKind to) =>
        new(from, to, [.. _associations.Where(a => a.From == from && a.To.Kind == to && _records[a.To].ArchivedAt is null).Select(a => new RemoteAssociation(a.To.Id, false))]);

    private ImmutableArray<RemoteAssociations> AllAssociations(RemoteRef from) => [.. AssociationKinds.From(from.Kind).Select(to => Associations(from, to))];

    private IEnumerable<FakeRecord> Of(RemoteKind kind, bool archived) =>
        _records.Values.Where(r => r.Ref.Kind == kind && r.ArchivedAt is null != archived).OrderBy(r => r.Number);

    private RemoteSnapshot Snapshot(FakeRecord record, bool withHistory) => new(
        record.Ref, record.Properties(), record.CreatedAt, record.UpdatedAt, record.ArchivedAt, clock.GetUtcNow(), record.MergedIds, default,
        withHistory ? record.History() : null)
    {
        SyncId = record.SyncId,
    };

    private FakeRecord Live(RemoteKind kind, string id) => _records[new(kind, id)] is { ArchivedAt: null } record
        ? record
        : throw new InvalidOperationException($"{kind} {id} is archived.");

    private static long Number(string id) => long.Parse(id, CultureInfo.InvariantCulture);

    private T Locked<T>(Func<T> action)
    {
        lock (_gate)
            return action();
    }

    private void Locked(Action action)
    {
        lock (_gate)
            action();
    }
}
