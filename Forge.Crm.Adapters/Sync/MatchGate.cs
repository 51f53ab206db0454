using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <summary>
/// Two filled CRMs are not poured into each other: a platform that is connected while the hub holds records that it could hold too, or while
/// another platform is connected, waits for a match plan. A first platform and an empty hub need none.
/// </summary>
internal static class MatchGate
{
    private static readonly string HasUnlinked = HasUnlinkedOf("c.kinds");

    /// <summary>Of the config <c>c</c>: whether its first load has to wait for a match plan, though nobody has noticed yet.</summary>
    public static readonly string IsFilled = $"c.state = 'connected' and c.match_state = 'none' and c.cursors = '{"{}"}' and ({HasUnlinked})";

    private static readonly string AtStart = $"""
        update crm_sync_configs c set match_state = 'needed' where c.tenant_id = $1 and c.platform = $2 and {IsFilled}
        """;

    // A row that was not there before this transaction; connecting again changes nothing.
    private static readonly string AtConnection = $"""
        update crm_sync_configs c set match_state = 'needed'
         where c.tenant_id = $1 and c.platform = $2 and c.created_at = now() and c.match_state = 'none'
           and (exists (select from crm_sync_configs other where other.tenant_id = $1 and other.platform <> $2) or {HasUnlinked})
        """;

    // As at the connection, for the kinds that come to it; the whole of it is loaded again, by one plan. A plan that was made has nothing of them.
    private static readonly string AtNewKinds = $"""
        update crm_sync_configs c set match_state = 'needed', state = 'connected'
         where c.tenant_id = $1 and c.platform = $2
           and (c.match_state = 'ready' or c.state = 'live' and (
                   exists (select from crm_sync_configs other
                            where other.tenant_id = $1 and other.platform <> $2 and other.kinds && $3 and other.state in ('connected', 'importing'))
                   or {HasUnlinkedOf("$3")}))
        """;

    // Whoever looks at the plan that was there must not approve the one that is being made.
    private const string AtMatch = """
        update crm_sync_configs set match_state = 'needed'
         where tenant_id = $1 and platform = $2
           and (match_state = 'ready' or match_state = 'none' and state = 'connected' and cursors = '{}')
        """;

    /// <summary>Before a match: a person may ask for a plan where none is needed, as long as nothing was loaded.</summary>
    public static NpgsqlBatchCommand Ask(TenantId tenant, Platform platform) => Command(AtMatch, tenant, platform);

    /// <summary>Before the first load: people may have filled the hub since the platform was connected.</summary>
    public static NpgsqlBatchCommand Close(TenantId tenant, Platform platform) => Command(AtStart, tenant, platform);

    /// <summary>After the config was written, in the same transaction.</summary>
    public static NpgsqlBatchCommand CloseNew(TenantId tenant, Platform platform) => Command(AtConnection, tenant, platform);

    /// <summary>After kinds were added to a connection, in the same transaction: they are poured into the hub as little as those of its first load.</summary>
    public static NpgsqlBatchCommand CloseFor(TenantId tenant, Platform platform, IEnumerable<string> added) =>
        Sql.Command(AtNewKinds, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Array(added));

    /// <summary>Of the config <c>c</c>: whether the hub has a live record of these kinds that is not linked to the platform.</summary>
    private static string HasUnlinkedOf(string kinds) => string.Join(" or ", Enum.GetValues<RecordKind>().Select(kind => $"""
        ('{kind.ToName()}' = any({kinds}) and exists (
            select from {RecordTable.NameOf(kind)} r
             where r.tenant_id = $1 and r.deleted_at is null and r.merged_into_id is null
               and not exists (select from (select l.platform, l.state from crm_record_links l where l.tenant_id = $1 and l.record_id = r.id offset 0) l
                                where l.platform = c.platform and l.state in ('live', 'creating'))))
        """));

    private static NpgsqlBatchCommand Command(string sql, TenantId tenant, Platform platform) =>
        Sql.Command(sql, Sql.Value(tenant.Value), Sql.Text(platform.ToName()));
}
