namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// The match plan's statements: $1 is the tenant, $2 the platform. Each key is looked up by itself, up to a bound, as in <see cref="LoadSql"/>:
/// an address that half of the account shares costs no more than any other.
/// </summary>
internal static class MatchSql
{
    public const string InsertItems = """
        insert into crm_match_items as i (tenant_id, platform, kind, id, side, remote_kind, external_id, label, keys)
        select $1, $2, $3, s.id, s.side, s.remote_kind, s.external_id, s.label, array(select jsonb_array_elements_text(s.keys))
          from unnest($4, $5, $6, $7, $8, $9) as s(id, side, remote_kind, external_id, label, keys)
            on conflict (tenant_id, platform, kind, id) do update set label = excluded.label, keys = excluded.keys, class = null
        """;

    public const string InsertKeys = """
        insert into crm_match_keys (tenant_id, platform, kind, key, side, item_id)
        select distinct $1::uuid, $2, $3, s.key, s.side, s.item_id from unnest($4, $5, $6) as s(key, side, item_id)
            on conflict do nothing
        """;

    /// <summary>Up to $3 of each, in whatever order.</summary>
    public static readonly string[] Clear =
    [
        """
        delete from crm_match_keys k using (select kind, key, side, item_id from crm_match_keys where tenant_id = $1 and platform = $2 limit $3) old
         where k.tenant_id = $1 and k.platform = $2 and k.kind = old.kind and k.key = old.key and k.side = old.side and k.item_id = old.item_id
        """,
        """
        delete from crm_match_items i using (select kind, id from crm_match_items where tenant_id = $1 and platform = $2 limit $3) old
         where i.tenant_id = $1 and i.platform = $2 and i.kind = old.kind and i.id = old.id
        """,
    ];

    public const string Size = """
        select greatest((select count(*) from (select from crm_match_keys where tenant_id = $1 and platform = $2 limit $3) k),
                        (select count(*) from (select from crm_match_items where tenant_id = $1 and platform = $2 limit $3) i))
        """;

    /// <summary>The next items of a kind ($3) after an id ($4).</summary>
    public const string Page = """
        select id, side from crm_match_items where tenant_id = $1 and platform = $2 and kind = $3 and id > $4 order by id limit $5
        """;

    /// <summary>Who else carries a key of these items ($4) of a kind ($3), by the strength of the key; up to $5 a key.</summary>
    public const string Neighbours = """
        select i.id, k.item_id, k.side = i.side, key.key
          from unnest($4) as wanted(id)
         cross join lateral (select id, side, keys from crm_match_items i
                where i.tenant_id = $1 and i.platform = $2 and i.kind = $3 and i.id = wanted.id limit 1) i
         cross join lateral unnest(i.keys) with ordinality as key(key, place)
         cross join lateral (select k.item_id, k.side from crm_match_keys k
                where k.tenant_id = $1 and k.platform = $2 and k.kind = $3 and k.key = key.key limit $5) k
         where k.item_id <> i.id
         order by i.id, key.place
        """;

    public const string Judge = """
        update crm_match_items i
           set class = s.class, matched_by = s.matched_by,
               candidates = array(select jsonb_array_elements_text(s.candidates)::uuid), twins = array(select jsonb_array_elements_text(s.twins)::uuid)
          from unnest($4, $5, $6, $7, $8) as s(id, class, matched_by, candidates, twins)
         where i.tenant_id = $1 and i.platform = $2 and i.kind = $3 and i.id = s.id and i.id = any($4)
        """;

    /// <summary>The companies of the hub's deals ($2) where that is one, or one is the primary.</summary>
    public const string CompaniesHere = """
        select k.id, case when count(*) = 1 then min(a.to_id::text) when count(*) filter (where a.is_primary) = 1 then min(a.to_id::text) filter (where a.is_primary) end
          from unnest($2) as k(id)
         cross join lateral (select * from crm_associations a
                where a.tenant_id = $1 and a.from_kind = 'deal' and a.from_id = k.id and a.to_kind = 'company' and a.deleted_at is null offset 0) a
         group by k.id
        """;

    /// <summary>The hub's companies that these of the platform ($3) are linked ($3) or matched ($4: as items) to.</summary>
    public const string CompaniesThere = """
        select s.external_id,
               coalesce((select l.record_id from crm_record_links l
                          where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = 'company' and l.external_id = s.external_id and l.state = 'live'),
                        (select case when i.decision = 'join' then i.decided_with when i.decision is null and i.class = 'matched' then i.candidates[1] end
                           from crm_match_items i where i.tenant_id = $1 and i.platform = $2 and i.kind = 'company' and i.id = s.item_id))
          from unnest($3, $4) as s(external_id, item_id)
        """;

    /// <summary>
    /// What the plan says of some items ($4) of a kind ($3), as links; {0} is the kind's table. $5 and $6: whether what is missing is created
    /// here, and there. What is joined has to be live and free now, whatever it was when the plan was made.
    /// </summary>
    public const string Links = """
        insert into crm_record_links as l (tenant_id, platform, remote_kind, external_id, record_id, state, state_at)
        select $1, $2, p.remote_kind, coalesce(p.external_id, 'new:' || p.id),
               case when p.state = 'live' then p.target when p.side = 'there' then '00000000-0000-0000-0000-000000000000' else p.id end,
               p.state, clock_timestamp()
          from (select i.*, t.target,
                       case when t.target is not null then 'live'
                            when i.decision = 'new' then 'apart'
                            when i.decision = 'out' or i.class = 'ambiguous' and (i.decision is null or i.side = 'there') then 'held'
                            when i.side = 'there' and not $5 or i.class = 'only_here' and i.decision is null and not $6 then 'excluded' end as state
                  from crm_match_items i
                  left join lateral (
                       select r.id as target from {0} r
                        where r.tenant_id = $1 and r.deleted_at is null and r.merged_into_id is null and i.side = 'there'
                          and r.id = case when i.decision = 'join' then i.decided_with when i.decision is null and i.class = 'matched' then i.candidates[1] end
                          and not exists (select from (select x.platform, x.state from crm_record_links x where x.tenant_id = $1 and x.record_id = r.id offset 0) x
                                           where x.platform = $2 and x.state in ('live', 'creating'))) t on true
                 where i.tenant_id = $1 and i.platform = $2 and i.kind = $3 and i.id = any($4)) p
         where p.state is not null
            on conflict (tenant_id, platform, remote_kind, external_id) do update
           set record_id = excluded.record_id, state = excluded.state, state_at = excluded.state_at
         where l.state in ('held', 'excluded', 'apart')
        """;

    // Another platform's plan was made of a hub that is about to change.
    public const string Settled = """
        update crm_sync_configs
           set match_state = case when platform = $2 then 'settled' else 'needed' end
         where tenant_id = $1 and (platform = $2 and match_state = 'approved' or platform <> $2 and match_state = 'ready')
        """;

    /// <summary>Those of some items ($4) of a kind ($3) that are only here and are to be created there ($5); {0} is the kind's table, $6 the job.</summary>
    public const string Offers = """
        insert into crm_outbox (tenant_id, platform, kind, record_id, lane, cause, cause_id)
        select $1, $2, $3, i.id, crm_lane(i.id, c.lanes), 'job', $6
          from crm_match_items i
          join {0} r on r.tenant_id = $1 and r.id = i.id and r.deleted_at is null and r.merged_into_id is null
          join crm_sync_configs c on c.tenant_id = $1 and c.platform = $2 and c.direction in ('two_way', 'write')
         where i.tenant_id = $1 and i.platform = $2 and i.kind = $3 and i.id = any($4) and i.side = 'here'
           and (i.decision = 'new' or i.decision is null and i.class = 'only_here' and $5)
         order by i.id
            on conflict do nothing
        """;

    /// <summary>Those of some items ($4) of a kind ($3) that were joined and that the platform has not shown since.</summary>
    public const string Unseen = """
        select i.remote_kind, i.external_id
          from crm_match_items i
          join crm_record_links l on l.tenant_id = $1 and l.platform = $2 and l.remote_kind = i.remote_kind and l.external_id = i.external_id
         where i.tenant_id = $1 and i.platform = $2 and i.kind = $3 and i.id = any($4) and l.state = 'live' and l.remote_version is null
        """;

    /// <summary>Ends the links of records that are gone ($4) before they were ever shown.</summary>
    public const string Gone = """
        update crm_record_links set state = 'deleted', state_at = clock_timestamp()
         where tenant_id = $1 and platform = $2 and remote_kind = $3 and external_id = any($4) and state = 'live' and remote_version is null
        """;
}
