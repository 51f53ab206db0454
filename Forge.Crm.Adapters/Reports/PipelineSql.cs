namespace Forge.Crm.Adapters.Reports;

/// <summary>
/// The statement of the pipeline snapshot: <c>$2</c> its date, <c>$3</c> the instant at which that day begins, <c>$4</c> that of the day before,
/// <c>$5</c> the currency of amounts that name none. Amounts of two currencies are never added.
/// </summary>
internal static class PipelineSql
{
    // A deal counts in its stage while the two agree on how it stands: Pipedrive leaves a lost deal in the stage where it was lost, and
    // there it is not worth anything any more. What is lost counts nowhere. One condition: see RecordPast.
    private const string Counts = """
        case when d.status = 'lost' or s.status = 'lost' then false else coalesce(d.status, s.status, 'open') = coalesce(s.status, 'open') end
        """;

    /// <summary>The deals that count, and what a deal is called in the snapshot's key.</summary>
    private static string Counted(string deals) => $"""
        select d.id, coalesce(s.pipeline_id, d.pipeline_id, {DealSql.None}) as pipeline_id, coalesce(d.stage_id, {DealSql.None}) as stage_id,
               {DealSql.Currency("d.currency", "$5")} as currency
          from ({deals}) d left join stage s on s.stage_id = d.stage_id where case when d.archived_at is null then {Counts} end
        """;

    private static readonly string Deals = $"""
        {DealSql.Stages("$3")},
        {DealSql.Deals.Changes("$4")},
        {DealSql.Deals.Was("deal_was", "$3")},
        {DealSql.Deals.Was("deal_was_yesterday", "$4")},
        """;

    // Since when a deal is in its stage: since its last change of stage, else since it was made, as the source dates it.
    private static readonly string Grouped = $"""
        entered as not materialized (
            select distinct on (record_id) record_id, changed_at from crm_audit_log
             where tenant_id = $1 and kind = 'deal' and (action = 'create' or (action = 'set' and field = 'stage_id')) and at < $3
             order by record_id desc, at desc),
        summed as materialized ({DealSql.Deals.Each(Summed, "deal_was", "$3", DealSql.NotAway)}),
        grouped as materialized (
            select coalesce(s.pipeline_id, d.pipeline_id) as pipeline_id, d.stage_id, d.currency, d.owner_id, d.deals, {DealSql.Total} as total,
                   case when coalesce(s.status, d.status) = 'won' then {DealSql.Total} else {DealSql.Weighted} end as weighted, d.stay, d.without_amount, d.negative,
                   case when coalesce(s.status, d.status, 'open') = 'open' then d.without_close_date else 0 end as without_close_date
              from summed d
              left join stage s on s.stage_id = d.stage_id
             where {Counts})
        """;

    // By all that decides how a deal counts: its stage is looked at once for all of them.
    private static string Summed(string deals) => $"""
        select pipeline_id, stage_id, status, currency, owner_id, count(*) as deals, {DealSql.Sums}, sum($3 - least(since, $3)) as stay,
               count(*) filter (where amount is null) as without_amount, count(*) filter (where amount < 0) as negative,
               count(*) filter (where close_date is null) as without_close_date
          from (select d.pipeline_id, d.stage_id, d.status, d.currency, d.owner_id, d.amount, d.close_date, coalesce(e.changed_at, d.created_at) as since, {DealSql.OwnShare}
                  from ({deals}) d
                  left join entered e on e.record_id = d.id
                 where d.status is distinct from 'lost' offset 0) d
         group by 1, 2, 3, 4, 5
        """;

    // Which deals came and went since yesterday: only those that were changed since can have.
    private static readonly string Moved = $"""
        now_there as ({Counted(DealSql.Deals.Those("deal_was_yesterday", "deal_was", "$3"))}),
        then_there as ({Counted(DealSql.Deals.Those("deal_was_yesterday", "deal_was_yesterday", "$4"))}),
        moved as (
            select n.pipeline_id, n.stage_id, n.currency, 1 as moved_in, 0 as moved_out from now_there n
             where not exists (select from then_there t where t.id = n.id and (t.pipeline_id, t.stage_id, t.currency) = (n.pipeline_id, n.stage_id, n.currency))
             union all
            select t.pipeline_id, t.stage_id, t.currency, 0, 1 from then_there t
             where not exists (select from now_there n where n.id = t.id and (t.pipeline_id, t.stage_id, t.currency) = (n.pipeline_id, n.stage_id, n.currency)))
        """;

    private static readonly string Fresh = $"""
        fresh as materialized (
            select coalesce(pipeline_id, {DealSql.None}) as pipeline_id, coalesce(stage_id, {DealSql.None}) as stage_id, {DealSql.Currency("currency", "$5")} as currency,
                   sum(deals) as deal_count, coalesce(sum(total), 0) as total, coalesce(sum(weighted), 0) as weighted,
                   round(extract(epoch from sum(stay)) / 86400 / nullif(sum(deals), 0), 2) as average_days_in_stage, sum(moved_in) as moved_in, sum(moved_out) as moved_out,
                   sum(without_amount) as deals_without_amount, sum(without_close_date) as deals_without_close_date, sum(negative) as deals_negative
              from (select pipeline_id, stage_id, currency, deals, total, weighted, stay, 0 as moved_in, 0 as moved_out, without_amount, without_close_date, negative from grouped
                     union all
                    select pipeline_id, stage_id, currency, 0, null, null, null, moved_in, moved_out, 0, 0, 0 from moved) part
             group by 1, 2, 3),
        fresh_owner as materialized (
            select coalesce(pipeline_id, {DealSql.None}) as pipeline_id, coalesce(stage_id, {DealSql.None}) as stage_id, {DealSql.Currency("currency", "$5")} as currency,
                   coalesce(owner_id, {DealSql.None}) as owner_id, sum(deals) as deal_count, coalesce(sum(total), 0) as total, coalesce(sum(weighted), 0) as weighted,
                   round(extract(epoch from sum(stay)) / 86400 / sum(deals), 2) as average_days_in_stage
              from grouped group by 1, 2, 3, 4)
        """;

    private static readonly string Owners = $"""
        owners_gone as (
            delete from crm_pipeline_owner_snapshots o
             where o.tenant_id = $1 and o.snapshot_date = $2
               and (o.pipeline_id, o.stage_id, o.currency, o.owner_id) not in (select pipeline_id, stage_id, currency, owner_id from fresh_owner)),
        owners as (
            insert into crm_pipeline_owner_snapshots as o
                   (tenant_id, snapshot_date, pipeline_id, stage_id, currency, owner_id, deal_count, total_value, weighted_value, average_days_in_stage)
            select $1, $2, pipeline_id, stage_id, currency, owner_id, deal_count, {DealSql.Rounded("total", "currency")}, {DealSql.Rounded("weighted", "currency")},
                   average_days_in_stage
              from fresh_owner
                on conflict (tenant_id, snapshot_date, pipeline_id, stage_id, currency, owner_id) do update
               set deal_count = excluded.deal_count, total_value = excluded.total_value, weighted_value = excluded.weighted_value,
                   average_days_in_stage = excluded.average_days_in_stage
             where (o.deal_count, o.total_value, o.weighted_value, o.average_days_in_stage)
                   is distinct from (excluded.deal_count, excluded.total_value, excluded.weighted_value, excluded.average_days_in_stage))
        """;

    private static readonly string Snapshots = $"""
        gone as (
            delete from crm_pipeline_snapshots p
             where p.tenant_id = $1 and p.snapshot_date = $2 and (p.pipeline_id, p.stage_id, p.currency) not in (select pipeline_id, stage_id, currency from fresh)),
        named as (
            select f.*, coalesce(s.pipeline, p.pipeline, '') as pipeline, coalesce(s.label, '') as stage
              from fresh f
              left join stage s on s.stage_id = f.stage_id
              left join (select distinct on (pipeline_id) pipeline_id, pipeline from stage order by pipeline_id, pipeline) p on p.pipeline_id = f.pipeline_id)
        insert into crm_pipeline_snapshots as p
               (tenant_id, snapshot_date, pipeline_id, stage_id, currency, pipeline, stage, deal_count, total_value, weighted_value,
                average_days_in_stage, moved_in, moved_out, deals_without_amount, deals_without_close_date, deals_negative)
        select $1, $2, pipeline_id, stage_id, currency, pipeline, stage, deal_count, {DealSql.Rounded("total", "currency")}, {DealSql.Rounded("weighted", "currency")},
               average_days_in_stage, moved_in, moved_out, deals_without_amount, deals_without_close_date, deals_negative
          from named
            on conflict (tenant_id, snapshot_date, pipeline_id, stage_id, currency) do update
           set pipeline = excluded.pipeline, stage = excluded.stage, deal_count = excluded.deal_count, total_value = excluded.total_value,
               weighted_value = excluded.weighted_value, average_days_in_stage = excluded.average_days_in_stage, moved_in = excluded.moved_in,
               moved_out = excluded.moved_out, deals_without_amount = excluded.deals_without_amount,
               deals_without_close_date = excluded.deals_without_close_date, deals_negative = excluded.deals_negative, taken_at = clock_timestamp()
         where (p.pipeline, p.stage, p.deal_count, p.total_value, p.weighted_value, p.average_days_in_stage, p.moved_in, p.moved_out,
                p.deals_without_amount, p.deals_without_close_date, p.deals_negative)
               is distinct from (excluded.pipeline, excluded.stage, excluded.deal_count, excluded.total_value, excluded.weighted_value,
                excluded.average_days_in_stage, excluded.moved_in, excluded.moved_out, excluded.deals_without_amount,
                excluded.deals_without_close_date, excluded.deals_negative)
        """;

    public static readonly string Take = $"with {Deals} {Grouped}, {Moved}, {Fresh}, {Owners}, {Snapshots}";
}
