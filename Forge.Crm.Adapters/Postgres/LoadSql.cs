namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// What is read of the records of a batch once they are locked. $1 is the tenant, $2 the platform where not said otherwise. Each key is looked up by itself (a lateral
/// "limit 1" or "offset 0" cannot be turned into another join): the cost goes by the batch, whatever the planner believes of a table that grew
/// since it was last analysed. As plain joins these took 30 ms a page instead of 1.
/// </summary>
internal static class LoadSql
{
    private const string LinkColumns = """
        l.remote_kind, l.external_id, l.record_id, l.state, l.state_at, l.merged_into, l.remote_version, l.read_at,
        l.seen::text, l.seen_stamps::text, l.hub_stamps::text, l.sent::text, l.pushed::text
        """;

    /// <summary>The links of these external ids ($3 kinds, $4 ids).</summary>
    public const string Links = $"""
        select {LinkColumns}
          from unnest($3, $4) as k(kind, id)
         cross join lateral (select * from crm_record_links l
                where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = k.kind and l.external_id = k.id limit 1) l
        """;

    /// <summary>The creations of these kinds ($3) that were sent to the platform and not answered yet: hardly ever any.</summary>
    public const string Creations = $"""
        select {LinkColumns} from crm_record_links l where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = any($3) and l.state = 'creating' limit 500
        """;

    /// <summary>All links of these records ($3) to the platform.</summary>
    public const string LinksOfRecords = $"""
        select {LinkColumns}
          from unnest($3) as k(id)
         cross join lateral (select * from crm_record_links l where l.tenant_id = $1 and l.record_id = k.id offset 0) l
         where l.platform = $2
        """;

    /// <summary>
    /// The holders of these match keys ($3 kinds, $4 keys), and whether they have a live link to the platform. One that the match plan holds
    /// for a person counts as linked: nothing else may be joined to it.
    /// </summary>
    public const string Identities = """
        select i.kind, i.key, i.record_id,
               exists (select from (select l.platform, l.state from crm_record_links l where l.tenant_id = $1 and l.record_id = i.record_id offset 0) l
                        where l.platform = $2 and l.state in ('live', 'held'))
          from unnest($3, $4) as k(kind, key)
         cross join lateral (select * from crm_identities i where i.tenant_id = $1 and i.kind = k.kind and i.key = k.key limit 1) i
        """;

    /// <summary>Those of these records ($3) that have a live link to the platform.</summary>
    public const string Linked = """
        select k.id
          from unnest($3) as k(id)
         where exists (select from (select l.platform, l.state from crm_record_links l where l.tenant_id = $1 and l.record_id = k.id offset 0) l
                        where l.platform = $2 and l.state = 'live')
        """;

    /// <summary>The tenant's open conflicts, up to $2 of them. To look each record's up costs more where there are none, as nearly everywhere.</summary>
    public const string SomeConflicts = """
        select to_jsonb(c)::text from crm_conflict_records c where c.tenant_id = $1 and c.state = 'open' limit $2
        """;

    /// <summary>The open conflicts of these records ($2), with whatever platform.</summary>
    public const string Conflicts = """
        select to_jsonb(c)::text
          from unnest($2) as k(id)
         cross join lateral (select * from crm_conflict_records c where c.tenant_id = $1 and c.record_id = k.id and c.state = 'open' offset 0) c
        """;

    /// <summary>The associations of the records behind these external ids ($3 kinds, $4 ids; $5 the records' kinds).</summary>
    public const string Associations = """
        select a.from_kind, a.from_id, a.to_kind, a.to_id, a.is_primary, a.stamp, a.deleted_at, a.bases::text
          from crm_associations a
         where a.tenant_id = $1 and a.from_kind = any($5) and a.from_id = any(array(
               select l.record_id from unnest($3, $4) as k(kind, id)
                cross join lateral (select l.record_id from crm_record_links l
                       where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = k.kind and l.external_id = k.id limit 1) l))
        """;

    /// <summary>The associations that start from these records ($2 their kind, $3 their ids).</summary>
    public const string AssociationsOfRecords = """
        select a.from_kind, a.from_id, a.to_kind, a.to_id, a.is_primary, a.stamp, a.deleted_at, a.bases::text
          from crm_associations a
         where a.tenant_id = $1 and a.from_kind = $2 and a.from_id = any($3)
        """;

    /// <summary>The live links to the platform of what these records ($3 their kind, $4 their ids) are associated with.</summary>
    public const string LinksOfTargets = $"""
        select {LinkColumns}
          from (select distinct a.to_id as id from crm_associations a where a.tenant_id = $1 and a.from_kind = $3 and a.from_id = any($4)) k
         cross join lateral (select * from crm_record_links l where l.tenant_id = $1 and l.record_id = k.id offset 0) l
         where l.platform = $2 and l.state = 'live'
        """;
}
