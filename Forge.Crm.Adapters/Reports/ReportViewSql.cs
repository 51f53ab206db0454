namespace Forge.Crm.Adapters.Reports;

/// <summary>The queries behind <see cref="ReportViews"/>.</summary>
internal static class ReportViewSql
{
    // The deals of the day's beginning, for what they lack.
    private static readonly string ToComplete = $"""
        with {DealSql.Stages("$3")},
        {DealSql.Deals.Changes("$3")},
        {DealSql.Deals.Was("deal_was", "$3")},
        lacking as (
            select d.id, d.stage_id, d.owner_id, {DealSql.Currency("d.currency", "$5")} as currency, d.amount,
                   array_remove(array[case when d.amount is null then 'amount' end, case when d.amount < 0 then 'positive_amount' end,
                                      case when d.close_date is null and {DealSql.Standing} = 'open' then 'close_date' end], null) as lacks
              from ({DealSql.Deals.At("deal_was", "$3", DealSql.NotAway)}) d left join stage s on s.stage_id = d.stage_id
             where {DealSql.Standing} <> 'lost')
        """;

    public static readonly string Pipeline = $"""
        {ToComplete}
        select jsonb_build_object(
            'date', $2, 'at', $3, 'taken_at', (select max(taken_at) from crm_pipeline_snapshots where tenant_id = $1 and snapshot_date = $2),
            'stages', coalesce((
                select jsonb_agg(jsonb_build_object(
                           'pipeline_id', p.pipeline_id, 'pipeline', p.pipeline, 'stage_id', p.stage_id, 'stage', p.stage, 'deal_count', p.deal_count,
                           'total_value', {DealSql.Money("p.total_value", "p.currency")}, 'weighted_value', {DealSql.Money("p.weighted_value", "p.currency")},
                           'average_days_in_stage', p.average_days_in_stage, 'moved_in', p.moved_in, 'moved_out', p.moved_out,
                           'deals_without_amount', p.deals_without_amount, 'deals_without_close_date', p.deals_without_close_date, 'deals_negative', p.deals_negative,
                           'owners', (select coalesce(jsonb_agg(jsonb_build_object(
                                          'owner_id', o.owner_id, 'deal_count', o.deal_count, 'total_value', {DealSql.Money("o.total_value", "o.currency")},
                                          'weighted_value', {DealSql.Money("o.weighted_value", "o.currency")}, 'average_days_in_stage', o.average_days_in_stage)
                                          order by o.owner_id), '[]')
                                        from crm_pipeline_owner_snapshots o
                                       where o.tenant_id = $1 and o.snapshot_date = $2 and (o.pipeline_id, o.stage_id, o.currency) = (p.pipeline_id, p.stage_id, p.currency)))
                           order by p.pipeline, p.pipeline_id, p.stage, p.stage_id, p.currency)
                  from crm_pipeline_snapshots p where p.tenant_id = $1 and p.snapshot_date = $2), '[]'),
            'deals_to_complete', coalesce((
                select jsonb_agg(jsonb_build_object(
                           'id', l.id, 'name', r.name, 'stage_id', l.stage_id, 'owner_id', l.owner_id, 'lacks', l.lacks,
                           'amount', case when l.amount is not null then {DealSql.Money("l.amount", "l.currency")} end) order by l.id)
                  from (select * from lacking where cardinality(lacks) > 0 order by id limit $4) l
                 cross join lateral (select r.name from crm_deals r where r.tenant_id = $1 and r.id = l.id offset 0) r), '[]'))::text
        """;

    public const string Activities = """
        select jsonb_build_object(
            'week', $2, 'updated_at', max(a.updated_at),
            'owners', coalesce(jsonb_agg(jsonb_build_object(
                'owner_id', a.owner_id, 'name', o.name, 'calls', a.calls, 'emails', a.emails, 'meetings', a.meetings, 'tasks_done', a.tasks_done,
                'contacts_engaged', a.contacts_engaged, 'deals_touched', a.deals_touched) order by o.name, a.owner_id), '[]'))::text
          from crm_activity_summaries a
          left join (select owner_id, min(name) as name from crm_owners where tenant_id = $1 group by owner_id) o on o.owner_id = a.owner_id
         where a.tenant_id = $1 and a.period_start = $2
        """;

    private static readonly string Month = $"""
        jsonb_build_object(
            'as_of', r.as_of, 'forecast_month', r.forecast_month, 'committed', {DealSql.Money("r.committed", "r.currency")},
            'upside', {DealSql.Money("r.upside", "r.currency")}, 'pipeline', {DealSql.Money("r.pipeline", "r.currency")},
            'weighted_total', {DealSql.Money("r.weighted_total", "r.currency")}, 'won', {DealSql.Money("r.won", "r.currency")},
            'deal_count', r.deal_count, 'deals_without_amount', r.deals_without_amount)
        """;

    private static readonly string Settled = $"""
        {Month} || jsonb_build_object('won_total', case when r.won_total is not null then {DealSql.Money("r.won_total", "r.currency")} end, 'accuracy', r.accuracy)
        """;

    // Past forecasts are those of a month's first day: what was expected of the month when it began.
    public static readonly string Forecast = $"""
        select jsonb_build_object(
            'months', coalesce((select jsonb_agg({Month} order by r.forecast_month, r.currency)
                                  from crm_revenue_forecasts r where r.tenant_id = $1 and r.forecast_month >= $2), '[]'),
            'in_no_month', {Gaps("(select max(as_of) from crm_revenue_forecasts where tenant_id = $1)")},
            'past', coalesce((select jsonb_agg({Settled} order by r.forecast_month desc, r.currency)
                                from crm_revenue_forecast_history r
                               where r.tenant_id = $1 and r.as_of = r.forecast_month and r.forecast_month < $2 and r.forecast_month >= $2::date - interval '24 months'), '[]'))::text
        """;

    public static readonly string PastForecast = $"""
        select jsonb_build_object(
            'months', coalesce((select jsonb_agg({Settled} order by r.forecast_month, r.currency)
                                  from crm_revenue_forecast_history r where r.tenant_id = $1 and r.as_of = $2), '[]'),
            'in_no_month', {Gaps("$2")})::text
        """;

    private static string Gaps(string asOf) => $"""
        coalesce((select jsonb_agg(jsonb_build_object(
                             'without_close_date', jsonb_build_object('deals', g.without_close_date, 'value', {DealSql.Money("g.value_without_close_date", "g.currency")}),
                             'overdue', jsonb_build_object('deals', g.overdue, 'value', {DealSql.Money("g.overdue_value", "g.currency")}),
                             'later', jsonb_build_object('deals', g.later, 'value', {DealSql.Money("g.later_value", "g.currency")})) order by g.currency)
                    from crm_revenue_forecast_gaps g where g.tenant_id = $1 and g.as_of = {asOf}), '[]')
        """;
}
