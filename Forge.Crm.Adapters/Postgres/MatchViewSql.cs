namespace Forge.Crm.Adapters.Postgres;

/// <summary>What people are shown of a match plan: $1 is the tenant, $2 the platform.</summary>
internal static class MatchViewSql
{
    public const string Config = """
        select match_state, match_plan::text, deal_match from crm_sync_configs where tenant_id = $1 and platform = $2
        """;

    public const string Job = """
        select id, state, total, error,
               (select coalesce(sum((kind.value ->> 'read')::bigint), 0)::bigint from jsonb_each(job.counts) kind),
               (select coalesce(sum((kind.value ->> 'failed')::bigint), 0)::bigint from jsonb_each(job.counts) kind)
          from crm_sync_jobs job where tenant_id = $1 and platform = $2 and mode = 'match' order by created_at desc, id desc limit 1
        """;

    public const string Counts = """
        select kind, side, class, matched_by, decision is not null, count(*)
          from crm_match_items where tenant_id = $1 and platform = $2 and class is not null group by 1, 2, 3, 4, 5
        """;

    public const string Owners = """
        select o.platform, o.external_id, o.owner_id, o.name, o.email, o.active from crm_owners o where o.tenant_id = $1 order by o.platform, o.external_id
        """;

    public const string Stages = """
        select s.platform, s.pipeline_external_id, s.external_id, s.pipeline_id, s.stage_id, s.pipeline, s.label, s.position, s.probability, s.status, s.archived
          from crm_stages s where s.tenant_id = $1 order by s.platform, s.pipeline, s.position, s.external_id
        """;

    private const string Item = """
        i.id, i.kind, i.side, i.remote_kind, i.external_id, i.label, i.class, i.matched_by,
        (select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'side', m.side, 'external_id', m.external_id, 'label', m.label) order by m.id), '[]')
           from crm_match_items m where m.tenant_id = $1 and m.platform = $2 and m.kind = i.kind and m.id = any(i.candidates || i.twins)) as candidates,
        i.decision, i.decided_with, i.decided_by, i.decided_at
        """;

    public const string Items = $"""
        select jsonb_build_object(
                   'items', coalesce(jsonb_agg(to_jsonb(item) order by item.id), '[]'),
                   'after', case when count(*) = $6 then (array_agg(item.id order by item.id desc))[1] end)::text
          from (select {Item} from crm_match_items i
                 where i.tenant_id = $1 and i.platform = $2 and i.kind = $3 and ($4::text is null or i.class = $4) and i.id > $5
                 order by i.id limit $6) item
        """;

    public const string One = $"""
        select to_jsonb(item)::text
          from (select {Item} from crm_match_items i where i.tenant_id = $1 and i.platform = $2 and i.kind = any($3) and i.id = $4) item
        """;
}
