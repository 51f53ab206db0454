using System.Text.Json;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>The rows of a batch as they are read.</summary>
internal sealed class LoadedRows(Func<RecordKind, RecordShape> shapeOf)
{
    private readonly Dictionary<Guid, HubRecord> _records = [];
    private readonly List<RecordLink> _links = [];
    private readonly List<(RecordKind, string, Guid RecordId)> _identities = [];
    private readonly HashSet<Guid> _linked = [];
    private readonly List<Association> _associations = [];
    private readonly Dictionary<ConflictKey, FieldConflict> _conflicts = [];
    private readonly HashSet<Guid> _known = [];

    public IReadOnlyCollection<Guid> Records => _records.Keys;

    public int Conflicts => _conflicts.Count;

    /// <summary>Locked records that neither a live link nor a match key led to: whether they have a live link is not known yet.</summary>
    public IReadOnlyList<Guid> Strays => [.. _records.Keys.Where(id => !_known.Contains(id))];

    /// <summary>Records that others were merged into, and that are not locked yet, or locked without their links.</summary>
    /// <param name="whole">Records that were asked for with their links; null where links were asked for by themselves.</param>
    public IEnumerable<(RecordKind Kind, Guid Id)> SurvivorsBeyond(HashSet<Guid>? whole) => _records.Values
        .Where(record => record.MergedIntoId is { } into && (!_records.ContainsKey(into) || (whole is not null && whole.Contains(record.Id) && !whole.Contains(into))))
        .Select(record => (record.Kind, record.MergedIntoId!.Value));

    /// <summary>Whether another worker led a link or a key to another record after the locks were taken: that one is not locked.</summary>
    /// <param name="isConcerned">The links that lead to locked records; others are neighbours.</param>
    public bool IsOvertaken(Func<RemoteRef, bool> isConcerned) =>
        _links.Any(link => link.State is LinkState.Live or LinkState.Deleted && isConcerned(link.Ref) && !_records.ContainsKey(link.RecordId))
        || _identities.Any(identity => !_records.ContainsKey(identity.RecordId));

    /// <summary>The match keys that these records carry.</summary>
    public IEnumerable<string> KeysOf(IEnumerable<Guid> ids) => ids
        .Select(id => _records.GetValueOrDefault(id)).OfType<HubRecord>()
        .SelectMany(record => MatchKeys.Of(shapeOf(record.Kind), i => record.Values[i]));

    public WorkingSet ToWorkingSet() => new(_records.Values, _links, _identities, _linked, _associations, _conflicts.Values);

    public void Add(HubRecord record) => _records.Add(record.Id, record);

    public void AddLink(NpgsqlDataReader row)
    {
        var kind = Names.Parse<RemoteKind>(row.GetString(0));
        var shape = shapeOf(kind.ToRecordKind());
        _links.Add(new(
            new(kind, row.GetString(1)), row.GetGuid(2), Names.Parse<LinkState>(row.GetString(3)), row.GetFieldValue<DateTimeOffset>(4),
            TextOrNull(row, 5), TimeOrNull(row, 6), TimeOrNull(row, 7),
            FieldJson.Values(shape, row.GetString(8)), FieldJson.LinkStamps(shape, row.GetString(9)), FieldJson.LinkStamps(shape, row.GetString(10)),
            PushJson.Sent(shape, TextOrNull(row, 11)))
        {
            Pushed = PushJson.Pushed(shape, TextOrNull(row, 12)),
        });
        if (_links[^1].State == LinkState.Live)
            _known.Add(row.GetGuid(2));
    }

    public void AddIdentity(NpgsqlDataReader row)
    {
        _identities.Add((Names.Parse<RecordKind>(row.GetString(0)), row.GetString(1), row.GetGuid(2)));
        _known.Add(row.GetGuid(2));
        if (row.GetBoolean(3))
            _linked.Add(row.GetGuid(2));
    }

    public void AddLinked(NpgsqlDataReader row) => _linked.Add(row.GetGuid(0));

    public void AddConflict(NpgsqlDataReader row)
    {
        using var document = JsonDocument.Parse(row.GetString(0));
        var conflict = ConflictRows.Read(document.RootElement);
        _conflicts[conflict.Key] = conflict;
    }

    public void AddAssociation(NpgsqlDataReader row) => _associations.Add(new(
        new(Names.Parse<RecordKind>(row.GetString(0)), row.GetGuid(1), Names.Parse<RecordKind>(row.GetString(2)), row.GetGuid(3)),
        row.GetBoolean(4), Stamp.Parse(row.GetString(5)), TimeOrNull(row, 6), FieldJson.Bases(row.GetString(7))));

    private static string? TextOrNull(NpgsqlDataReader row, int i) => row.IsDBNull(i) ? null : row.GetString(i);

    private static DateTimeOffset? TimeOrNull(NpgsqlDataReader row, int i) => row.IsDBNull(i) ? null : row.GetFieldValue<DateTimeOffset>(i);
}
