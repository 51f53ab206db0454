using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// Loads what a batch concerns in one round trip. The hub rows are locked first; the statements after them see what was committed before
/// the locks were granted, and nobody else changes it while they are held. A second one asks after records that only a merge or our own id
/// led to, where there are any.
/// </summary>
internal sealed class BatchLoad(TenantId tenant, Platform platform, Func<RecordKind, RecordShape> shapeOf, Func<RecordKind, RecordTable> tableOf)
{
    private readonly LoadedRows _rows = new(shapeOf);

    /// <returns>Null where another worker overtook the locks: read again.</returns>
    public async Task<WorkingSet?> ReadAsync(TenantTransaction transaction, IReadOnlyCollection<RemoteChange> changes, CancellationToken ct)
    {
        var refs = Refs(changes);
        var keys = Keys(changes);
        var made = changes.Where(change => change.Record?.SyncId is not null).Select(change => (change.Ref.Kind, Id: change.Record!.SyncId!.Value)).ToHashSet();
        var reads = new List<(NpgsqlBatchCommand, Action<NpgsqlDataReader>)>();
        // Always in the order of the kinds: two batches cannot wait for each other.
        foreach (var kind in refs.Select(r => r.Kind.ToRecordKind()).Distinct().Order())
        {
            reads.Add(Lock(
                kind, [.. refs.Where(r => r.Kind.ToRecordKind() == kind)], [.. keys.Where(k => k.Kind == kind).Select(k => k.Key)],
                [.. made.Where(m => m.Kind.ToRecordKind() == kind).Select(m => m.Id)]));
        }

        reads.Add((OfRefs(LoadSql.Links, [.. refs, .. made.Select(m => RecordLink.NewRef(m.Kind, m.Id)), .. Neighbours(changes)]), _rows.AddLink));
        if (keys.Count > 0)
            reads.Add((OfKeys(keys), _rows.AddIdentity));
        if (changes.Any(change => !change.Associations.IsDefaultOrEmpty))
            reads.Add((OfAssociations([.. changes.Where(c => !c.Associations.IsDefaultOrEmpty).Select(c => c.Ref)]), _rows.AddAssociation));
        await transaction.ReadAsync(reads, ct);
        if (_rows.IsOvertaken(refs.Contains))
            return null;
        if (_rows.Strays is { Count: > 0 } strays)
            await transaction.ReadAsync([(OfRecords(LoadSql.Records, strays), _rows.AddRecord)], ct);
        return _rows.ToWorkingSet();
    }

    /// <summary>Loads records by their ids, with all their links to the platform and what they were merged into: for a push, or for a person's decision.</summary>
    /// <returns>Null where another worker overtook the locks: read again.</returns>
    public async Task<WorkingSet?> ReadAsync(TenantTransaction transaction, RecordKind kind, IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        await transaction.ReadAsync([Lock(kind, [], [], ids)], ct);
        await transaction.ReadAsync(
            [(OfRecords(LoadSql.LinksOfRecords, _rows.Records), _rows.AddLink), (OfRecords(LoadSql.Records, _rows.Records), _rows.AddRecord)], ct);
        return _rows.IsOvertaken(_ => true) ? null : _rows.ToWorkingSet();
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

    private (NpgsqlBatchCommand Command, Action<NpgsqlDataReader> Row) Lock(
        RecordKind kind, IReadOnlyCollection<RemoteRef> refs, IReadOnlyCollection<string> keys, IReadOnlyCollection<Guid> ids)
    {
        var table = tableOf(kind);
        return (table.Lock(tenant, platform, refs, keys, ids), row => _rows.Add(table.Read(row)));
    }

    private NpgsqlBatchCommand OfRecords(string sql, IReadOnlyCollection<Guid> ids) =>
        Sql.Command(sql, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Array(ids));

    private NpgsqlBatchCommand OfRefs(string sql, ImmutableArray<RemoteRef> refs) => Sql.Command(
        sql, Sql.Value(tenant.Value), Sql.Text(platform.ToName()),
        Sql.Array(refs.Distinct().Select(r => r.Kind.ToName())), Sql.Array(refs.Distinct().Select(r => r.Id)));

    private NpgsqlBatchCommand OfAssociations(ImmutableArray<RemoteRef> refs)
    {
        var command = OfRefs(LoadSql.Associations, refs);
        command.Parameters.Add(Sql.Array(refs.Select(r => r.Kind.ToRecordKind().ToName()).Distinct()));
        return command;
    }

    private NpgsqlBatchCommand OfKeys(IReadOnlyCollection<(RecordKind Kind, string Key)> keys) => Sql.Command(
        LoadSql.Identities, Sql.Value(tenant.Value), Sql.Text(platform.ToName()),
        Sql.Array(keys.Select(k => k.Kind.ToName())), Sql.Array(keys.Select(k => k.Key)));
}
