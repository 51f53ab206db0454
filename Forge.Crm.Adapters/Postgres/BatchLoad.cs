using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// Loads what a batch concerns in one round trip. The hub rows are locked first; the statements after them see what was committed before
/// the locks were granted, and nobody else changes it while they are held.
/// </summary>
internal sealed class BatchLoad(TenantId tenant, Platform platform, Func<RecordKind, RecordShape> shapeOf, Func<RecordKind, RecordTable> tableOf)
{
    // Each key is looked up by itself (a lateral "limit 1" cannot be turned into another join): the cost goes by the batch, whatever the
    // planner believes of a table that grew since it was last analysed. As plain joins these took 30 ms a page instead of 1.
    private const string Links = """
        select l.remote_kind, l.external_id, l.record_id, l.state, l.state_at, l.merged_into, l.remote_version, l.read_at,
               l.seen::text, l.seen_stamps::text, l.hub_stamps::text, l.sent::text
          from unnest($3, $4) as k(kind, id)
         cross join lateral (select * from crm_record_links l
                where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = k.kind and l.external_id = k.id limit 1) l
        """;

    private const string Identities = """
        select i.kind, i.key, i.record_id,
               exists (select from (select l.platform, l.state from crm_record_links l where l.tenant_id = $1 and l.record_id = i.record_id offset 0) l
                        where l.platform = $2 and l.state = 'live')
          from unnest($3, $4) as k(kind, key)
         cross join lateral (select * from crm_identities i where i.tenant_id = $1 and i.kind = k.kind and i.key = k.key limit 1) i
        """;

    private const string Associations = """
        select a.from_kind, a.from_id, a.to_kind, a.to_id, a.is_primary, a.stamp, a.deleted_at, a.bases::text
          from crm_associations a
         where a.tenant_id = $1 and a.from_kind = any($5) and a.from_id = any(array(
               select l.record_id from unnest($3, $4) as k(kind, id)
                cross join lateral (select l.record_id from crm_record_links l
                       where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = k.kind and l.external_id = k.id limit 1) l))
        """;

    private readonly List<HubRecord> _records = [];
    private readonly List<RecordLink> _links = [];
    private readonly List<(RecordKind, string, Guid)> _identities = [];
    private readonly List<Guid> _linked = [];
    private readonly List<Association> _associations = [];

    /// <returns>Null where another worker made one of the links after the locks were taken: its record is not locked, so read again.</returns>
    public async Task<WorkingSet?> ReadAsync(TenantTransaction transaction, IReadOnlyCollection<RemoteChange> changes, CancellationToken ct)
    {
        var refs = Refs(changes);
        var keys = Keys(changes);
        var reads = new List<(NpgsqlBatchCommand, Action<NpgsqlDataReader>)>();
        // Always in the order of the kinds: two batches cannot wait for each other.
        foreach (var kind in refs.Select(r => r.Kind.ToRecordKind()).Concat(keys.Select(k => k.Kind)).Distinct().Order())
        {
            var table = tableOf(kind);
            reads.Add((
                table.Lock(tenant, platform, [.. refs.Where(r => r.Kind.ToRecordKind() == kind)], [.. keys.Where(k => k.Kind == kind).Select(k => k.Key)]),
                row => _records.Add(table.Read(row))));
        }

        reads.Add((OfRefs(Links, [.. refs, .. Neighbours(changes)]), row => _links.Add(ReadLink(row))));
        if (keys.Count > 0)
            reads.Add((OfKeys(keys), ReadIdentity));
        if (changes.Any(change => !change.Associations.IsDefaultOrEmpty))
            reads.Add((OfAssociations([.. changes.Where(c => !c.Associations.IsDefaultOrEmpty).Select(c => c.Ref)]), row => _associations.Add(ReadAssociation(row))));
        await transaction.ReadAsync(reads, ct);
        var locked = _records.Select(record => record.Id).ToHashSet();
        if (_links.Any(link => link.State is LinkState.Live or LinkState.Deleted && refs.Contains(link.Ref) && !locked.Contains(link.RecordId)))
            return null;
        return new(_records, _links, _identities, _linked, _associations, []);
    }

    private static HashSet<RemoteRef> Refs(IEnumerable<RemoteChange> changes) =>
    [
        .. changes.SelectMany(change => Ids(change).Prepend(change.Ref.Id).Select(id => change.Ref with { Id = id })),
    ];

    private static IEnumerable<string> Ids(RemoteChange change) =>
        (change.MergedIds.IsDefault ? [] : change.MergedIds).Concat(change.Record is { MergedIds.IsDefault: false } record ? record.MergedIds : []);

    private static HashSet<(RecordKind Kind, string Key)> Keys(IEnumerable<RemoteChange> changes) =>
        [.. changes.SelectMany(change => change.Record is { Keys.IsDefault: false } record ? record.Keys.Select(key => (change.Ref.Kind.ToRecordKind(), key)) : [])];

    private static IEnumerable<RemoteRef> Neighbours(IEnumerable<RemoteChange> changes) => changes
        .SelectMany(change => change.Associations.IsDefault ? [] : change.Associations)
        .SelectMany(shown => shown.To.Select(to => new RemoteRef(shown.ToKind, to.ToId)))
        .Distinct();

    private NpgsqlBatchCommand OfRefs(string sql, ImmutableArray<RemoteRef> refs) => Sql.Command(
        sql, Sql.Value(tenant.Value), Sql.Text(platform.ToName()),
        Sql.Array(refs.Distinct().Select(r => r.Kind.ToName())), Sql.Array(refs.Distinct().Select(r => r.Id)));

    private NpgsqlBatchCommand OfAssociations(ImmutableArray<RemoteRef> refs)
    {
        var command = OfRefs(Associations, refs);
        command.Parameters.Add(Sql.Array(refs.Select(r => r.Kind.ToRecordKind().ToName()).Distinct()));
        return command;
    }

    private NpgsqlBatchCommand OfKeys(IReadOnlyCollection<(RecordKind Kind, string Key)> keys) => Sql.Command(
        Identities, Sql.Value(tenant.Value), Sql.Text(platform.ToName()),
        Sql.Array(keys.Select(k => k.Kind.ToName())), Sql.Array(keys.Select(k => k.Key)));

    private RecordLink ReadLink(NpgsqlDataReader row)
    {
        var kind = Names.Parse<RemoteKind>(row.GetString(0));
        var shape = shapeOf(kind.ToRecordKind());
        return new(
            new(kind, row.GetString(1)), row.GetGuid(2), Names.Parse<LinkState>(row.GetString(3)), row.GetFieldValue<DateTimeOffset>(4),
            row.IsDBNull(5) ? null : row.GetString(5), TimeOrNull(row, 6), TimeOrNull(row, 7),
            FieldJson.Values(shape, row.GetString(8)), FieldJson.Stamps(shape, row.GetString(9)), FieldJson.Stamps(shape, row.GetString(10)),
            FieldJson.Sent(shape, row.IsDBNull(11) ? null : row.GetString(11)));
    }

    private void ReadIdentity(NpgsqlDataReader row)
    {
        _identities.Add((Names.Parse<RecordKind>(row.GetString(0)), row.GetString(1), row.GetGuid(2)));
        if (row.GetBoolean(3))
            _linked.Add(row.GetGuid(2));
    }

    private static Association ReadAssociation(NpgsqlDataReader row) => new(
        new(Names.Parse<RecordKind>(row.GetString(0)), row.GetGuid(1), Names.Parse<RecordKind>(row.GetString(2)), row.GetGuid(3)),
        row.GetBoolean(4), Stamp.Parse(row.GetString(5)), TimeOrNull(row, 6), FieldJson.Bases(row.GetString(7)));

    private static DateTimeOffset? TimeOrNull(NpgsqlDataReader row, int i) => row.IsDBNull(i) ? null : row.GetFieldValue<DateTimeOffset>(i);
}
