namespace Forge.Crm.Adapters.Postgres;

/// <summary>What people are shown of a dry run's plan: $1 is the tenant, $2 the job.</summary>
internal static class SyncPlanSql
{
    // A later dry run of the platform takes the place of this one with its first step.
    public const string Job = """
        select j.platform, j.state, j.calls, coalesce(j.finished_at, j.updated_at) + $3,
               coalesce(j.finished_at, j.updated_at) + $3 <= clock_timestamp()
               or exists (select from crm_sync_jobs later
                           where later.tenant_id = $1 and later.platform = j.platform and later.is_dry_run and later.created_at > j.created_at and later.step > 0)
          from crm_sync_jobs j
         where j.tenant_id = $1 and j.id = $2 and j.is_dry_run
        """;

    public const string Counts = """
        select p.platform, p.kind, p.action, count(*) from crm_sync_plans p
         where p.tenant_id = $1 and p.job_id = $2 and p.action <> 'level'
         group by p.platform, p.kind, p.action
         order by p.platform, p.kind, p.action
        """;

    // As the guard counts before it sends: what was sent within the hour and what is held already count too, and what a person approved does not.
    public const string Held = """
        with planned as (
             select p.platform, p.kind, p.record_id from crm_sync_plans p
              where p.tenant_id = $1 and p.job_id = $2 and p.platform <> 'supabase' and p.action = 'delete'
                and not exists (select from crm_outbox o where o.tenant_id = $1 and o.platform = p.platform and o.kind = p.kind and o.record_id = p.record_id
                                   and o.approved_at is not null)),
             counted as (
             select platform, kind, count(*) as n from (
                    select platform, kind, record_id from planned
                    union
                    select d.platform, d.kind, d.record_id from crm_deletions d
                     where d.tenant_id = $1 and (d.platform, d.kind) in (select platform, kind from planned) and d.sent_at > clock_timestamp() - interval '1 hour'
                    union
                    select o.platform, o.kind, o.record_id from crm_outbox o
                     where o.tenant_id = $1 and (o.platform, o.kind) in (select platform, kind from planned) and o.status = 'held') due
              group by platform, kind)
        select d.platform, d.kind, d.n, c.delete_limit, c.delete_percent
          from counted d
          join crm_sync_configs c on c.tenant_id = $1 and c.platform = d.platform
         where d.n > c.delete_limit
           and d.n > c.delete_percent * (
               select count(*) from (select from crm_record_links l
                                      where l.tenant_id = $1 and l.platform = d.platform and l.state = 'live'
                                        and l.remote_kind in (select k.remote_kind from unnest($3, $4) as k(kind, remote_kind) where k.kind = d.kind)
                                      limit 100 * d.n / greatest(c.delete_percent, 1) + 1) live) / 100.0
         order by d.platform, d.kind
        """;

    public const string Items = """
        select jsonb_build_object(
                   'items', coalesce(jsonb_agg(to_jsonb(item) order by item.platform, item.kind, item.action, item.record_id), '[]'),
                   'after', case when count(*) = $10 then (array_agg(item.platform || '.' || item.kind || '.' || item.action || '.' || item.record_id
                                order by item.platform desc, item.kind desc, item.action desc, item.record_id desc))[1] end)::text
          from (select p.platform, p.kind, p.action, p.record_id, p.remote_kind, p.external_id, p.fields from crm_sync_plans p
                 where p.tenant_id = $1 and p.job_id = $2 and p.action <> 'level'
                   and ($3::text is null or p.platform = $3) and ($4::text is null or p.kind = $4) and ($5::text is null or p.action = $5)
                   and (p.platform, p.kind, p.action, p.record_id) > ($6, $7, $8, $9)
                 order by p.platform, p.kind, p.action, p.record_id limit $10) item
        """;
}
