using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// Loads what a batch concerns in one round trip. The hub rows are locked first; the statements after them see what was committed before
/// the locks were granted, and nobody else changes it while they are held. A second one asks what that left open, as it hardly ever does:
/// whether records are linked that nothing in the batch says it of, and the conflicts of the records where the tenant has many.
/// </summary>
/// <param name="survivors">
/// Records that others of the batch were merged into. Takes those that turn up: locks are taken in the order of the ids, so all of them are
/// taken again, with these among them.
/// </param>
internal sealed class BatchLoad(
    TenantId tenant, Platform platform, Func<RecordKind, RecordShape> shapeOf, Func<RecordKind, RecordTable> tableOf, HashSet<(RecordKind Kind, Guid Id)> survivors)
{
    private const int FewConflicts = 64;

    private readonly LoadedRows _rows = new(shapeOf);

    /// <returns>Null where the locks do not cover all that is concerned: begin anew.</returns>
    public async Task<WorkingSet?> ReadAsync(TenantTransaction transaction, IReadOnlyCollection<RemoteChange> changes, CancellationToken ct)
    {
        var refs = Refs(changes);
        var keys = Keys(changes);
        var made = changes.Where(change => change.Record?.SyncId is not null).Select(change => (change.Ref.Kind, Id: change.Record!.SyncId!.Value)).ToHashSet();
        HashSet<(RecordKind Kind, Guid Id)> ids = [.. made.Select(m => (m.Kind.ToRecordKind(), m.Id)), .. survivors];
        var reads = new List<(NpgsqlBatchCommand, Action<NpgsqlDataReader>)>();
        // Always in the order of the kinds: two batches cannot wait for each other.
        foreach (var kind in refs.Select(r => r.Kind.ToRecordKind()).Distinct().Order())
        {
            reads.Add(Lock(
                kind, [.. refs.Where(r => r.Kind.ToRecordKind() == kind)], [.. keys.Where(k => k.Kind == kind).Select(k => k.Key)],
                [.. ids.Where(id => id.Kind == kind).Select(id => id.Id)]));
        }

        reads.Add((OfRefs(LoadSql.Links, [.. refs, .. made.Select(m => RecordLink.NewRef(m.Kind, m.Id)), .. Neighbours(changes)]), _rows.AddLink));
        if (Untraceable(changes) is { Length: > 0 } untraceable)
            reads.Add((Sql.Command(LoadSql.Creations, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Array(untraceable)), _rows.AddLink));
        if (keys.Count > 0)
            reads.Add((OfKeys(keys), _rows.AddIdentity));
        reads.Add((Sql.Command(LoadSql.SomeConflicts, Sql.Value(tenant.Value), Sql.Value((long)FewConflicts + 1)), _rows.AddConflict));
        if (changes.Any(change => !change.Associations.IsDefaultOrEmpty))
            reads.Add((OfAssociations([.. changes.Where(c => !c.Associations.IsDefaultOrEmpty).Select(c => c.Ref)]), _rows.AddAssociation));
        await transaction.ReadAsync(reads, ct);
        if (!IsWhole(refs.Contains))
            return null;
        reads.Clear();
        if (_rows.Strays is { Count: > 0 } strays)
            reads.Add((OfRecords(LoadSql.Linked, strays), _rows.AddLinked));
        if (_rows.Conflicts > FewConflicts)
            reads.Add((OfConflicts(_rows.Records), _rows.AddConflict));
        if (reads.Count > 0)
            await transaction.ReadAsync(reads, ct);
        return _rows.ToWorkingSet();
    }

    /// <summary>
    /// Loads records by their ids, with all their links to the platform, their associations and what they were merged into: for a push, or for a
    /// person's decision.
    /// </summary>
    /// <param name="keys">The records' match keys, whose holders come along; takes those that turn up. Null where nobody claims any.</param>
    /// <returns>Null where the locks do not cover all that is concerned: begin anew.</returns>
    public async Task<WorkingSet?> ReadAsync(
        TenantTransaction transaction, RecordKind kind, IReadOnlyCollection<Guid> ids, HashSet<string>? keys, CancellationToken ct)
    {
        HashSet<Guid> all = [.. ids, .. survivors.Select(survivor => survivor.Id)];
        var reads = new List<(NpgsqlBatchCommand, Action<NpgsqlDataReader>)>
        {
            Lock(kind, [], keys ?? [], all), (OfRecords(LoadSql.LinksOfRecords, all), _rows.AddLink), (OfConflicts(all), _rows.AddConflict),
        };
        if (Associates(kind))
        {
            reads.Add((Sql.Command(LoadSql.AssociationsOfRecords, Sql.Value(tenant.Value), Sql.Text(kind.ToName()), Sql.Array(ids)), _rows.AddAssociation));
            reads.Add((Sql.Command(
                LoadSql.LinksOfTargets, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(kind.ToName()), Sql.Array(ids)), _rows.AddLink));
        }

        if (keys is { Count: > 0 })
            reads.Add((OfKeys([.. keys.Select(key => (kind, key))]), _rows.AddIdentity));
        await transaction.ReadAsync(reads, ct);
        return IsWhole(reference => reference.Kind.ToRecordKind() == kind, all) && HasAllKeys(ids, keys) ? _rows.ToWorkingSet() : null;
    }

    private static bool Associates(RecordKind kind) =>
        Enum.GetValues<RemoteKind>().Any(remote => remote.ToRecordKind() == kind && !AssociationKinds.From(remote).IsEmpty);

    private bool HasAllKeys(IEnumerable<Guid> ids, HashSet<string>? keys)
    {
        var known = keys?.Count;
        keys?.UnionWith(_rows.KeysOf(ids));
        return keys?.Count == known;
    }

    private bool IsWhole(Func<RemoteRef, bool> isConcerned, HashSet<Guid>? whole = null)
    {
        var known = survivors.Count;
        survivors.UnionWith(_rows.SurvivorsBeyond(whole));
        return survivors.Count == known && !_rows.IsOvertaken(isConcerned);
    }

    private static HashSet<RemoteRef> Refs(IEnumerable<RemoteChange> changes) =>
    [
        .. changes.SelectMany(change => change.Losers.Prepend(change.Ref.Id).Select(id => change.Ref with { Id = id })),
    ];

    // Kinds of which a platform may show what we are just creating there without saying so.
    private static string[] Untraceable(IEnumerable<RemoteChange> changes) =>
    [
        .. changes.Where(change => change.Record is { IsUntraceable: true }).Select(change => change.Ref.Kind.ToName()).Distinct(),
    ];

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

    private NpgsqlBatchCommand OfConflicts(IReadOnlyCollection<Guid> ids) => Sql.Command(LoadSql.Conflicts, Sql.Value(tenant.Value), Sql.Array(ids));

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
