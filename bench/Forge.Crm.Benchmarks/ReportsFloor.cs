namespace Forge.Crm.Benchmarks;

/// <summary>
/// What one would write who asks the present for the same figures of the same groups: no history, nothing written. <c>$1</c> is the tenant, <c>$2</c>
/// the instant.
/// </summary>
internal static class ReportsFloor
{
    /// <summary>Count, sum and weighted sum of each stage: a part of the answer, to see what the rest costs.</summary>
    public const string PipelineSums = """
        select d.stage_id, coalesce(d.currency, t.default_currency), count(*), sum(d.amount), sum(d.amount * coalesce(d.probability, s.probability))
          from crm_deals d join crm_tenants t on t.tenant_id = d.tenant_id left join crm_stages s on s.tenant_id = d.tenant_id and s.stage_id = d.stage_id
         where d.tenant_id = $1 and d.deleted_at is null and d.merged_into_id is null and d.status <> 'lost' and d.created_at < $2
         group by 1, 2
        """;

    /// <summary>
    /// All of it but what came and went: by owner as well, since the report has both (from these groups the stages' are added up), with the counts
    /// of what is missing and the average age in the stage, which is in the history only.
    /// </summary>
    public const string Pipeline = """
        select d.stage_id, coalesce(d.currency, t.default_currency), d.owner_id, count(*), sum(d.amount), sum(d.amount * coalesce(d.probability, s.probability)),
               extract(epoch from avg($2 - coalesce(h.changed_at, d.created_at))) / 86400,
               count(*) filter (where d.amount is null), count(*) filter (where d.amount < 0), count(*) filter (where d.close_date is null and d.status = 'open')
          from crm_deals d join crm_tenants t on t.tenant_id = d.tenant_id left join crm_stages s on s.tenant_id = d.tenant_id and s.stage_id = d.stage_id
          left join (select distinct on (record_id) record_id, changed_at from crm_audit_log
                      where tenant_id = $1 and kind = 'deal' and (action = 'create' or (action = 'set' and field = 'stage_id')) order by record_id desc, at desc) h on h.record_id = d.id
         where d.tenant_id = $1 and d.deleted_at is null and d.merged_into_id is null and d.status <> 'lost' and d.created_at < $2
         group by 1, 2, 3
        """;

    public const string Activities = """
        select a.owner_id, count(distinct a.id) filter (where type = 'call'), count(distinct a.id) filter (where type = 'email'), count(distinct a.id) filter (where type = 'meeting'),
               count(distinct l.to_id) filter (where l.to_kind = 'contact' and type <> 'note'), count(distinct l.to_id) filter (where l.to_kind = 'deal')
          from crm_activities a
          left join crm_associations l on l.tenant_id = $1 and l.from_kind = 'activity' and l.from_id = a.id and l.deleted_at is null
         where a.tenant_id = $1 and a.occurred_at >= $2 - interval '2 days' and a.occurred_at < $2 + interval '5 days' and a.deleted_at is null
         group by 1
        """;

    /// <summary>
    /// The same by one who knows the plan: where a tenant has many associations PostgreSQL reads all of them for the join above, instead of the few of
    /// a week's activities.
    /// </summary>
    public static readonly string ActivitiesByIndex = Activities
        .Replace("left join crm_associations l on", "left join lateral (select * from crm_associations l where", StringComparison.Ordinal)
        .Replace("l.deleted_at is null\n", "l.deleted_at is null offset 0) l on true\n", StringComparison.Ordinal);

    /// <summary>All of it, with what is won and what has no amount; what is overdue, later or without a date is among the groups.</summary>
    public const string Forecast = """
        select date_trunc('month', d.close_date::timestamp)::date, coalesce(d.currency, t.default_currency), d.status, count(*), count(*) filter (where d.amount is null), sum(d.amount),
               sum(d.amount) filter (where coalesce(d.probability, s.probability) >= 0.8),
               sum(d.amount) filter (where coalesce(d.probability, s.probability) >= 0.5 and coalesce(d.probability, s.probability) < 0.8),
               sum(d.amount) filter (where coalesce(d.probability, s.probability) < 0.5), sum(d.amount * coalesce(d.probability, s.probability))
          from crm_deals d join crm_tenants t on t.tenant_id = d.tenant_id left join crm_stages s on s.tenant_id = d.tenant_id and s.stage_id = d.stage_id
         where d.tenant_id = $1 and d.deleted_at is null and d.merged_into_id is null and d.status <> 'lost' and d.created_at < $2
         group by 1, 2, 3
        """;
}
