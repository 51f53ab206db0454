namespace Forge.Crm.Adapters.Reports;

/// <summary>
/// The statements of the revenue forecast: <c>$2</c> the day that it is made on, <c>$3</c> the instant at which that day begins, <c>$4</c> the first day
/// of its month, <c>$5</c> the currency of amounts that name none, <c>$6</c> and <c>$7</c> from which probability on a deal is committed or upside.
/// </summary>
internal static class ForecastSql
{
    /// <summary>This month and the next twelve.</summary>
    public const int Months = 13;

    private const string Figures = "committed, upside, pipeline, weighted_total, won, deal_count, deals_without_amount";

    private static readonly string Deals = $"""
        {DealSql.Stages("$3")},
        {DealSql.Deals.Changes("$3")},
        {DealSql.Deals.Was("deal_was", "$3")}
        """;

    // By all that decides how a deal counts: its stage is looked at once for all of them.
    private static string Summed(string deals) => $"""
        select month, currency, stage_id, status, count(*) as deals, count(*) filter (where amount is null) as without_amount,
               {DealSql.Sums}, sum(amount) filter (where share >= $6) as committed, sum(amount) filter (where share >= $7) as upside_or_more
          from (select date_trunc('month', d.close_date::timestamp)::date as month, d.currency, d.stage_id, d.status, d.amount, {DealSql.OwnShare}
                  from ({deals}) d where d.status is distinct from 'lost' offset 0) d
         group by 1, 2, 3, 4
        """;

    private static string FromShare(string least) => $"case when {DealSql.StageShare} >= {least} then coalesce(stages, 0) else 0 end";

    // Every open deal is in exactly one of a month's three parts, or in what is left over.
    private static readonly string Grouped = $"""
        summed as materialized ({DealSql.Deals.Each(Summed, "deal_was", "$3", DealSql.NotAway)}),
        grouped as (
            select month, currency, {DealSql.Standing} = 'open' as is_open, deals, without_amount, {DealSql.Total} as total, {DealSql.Weighted} as weighted,
                   coalesce(committed, 0) + {FromShare("$6")} as committed, coalesce(upside_or_more, 0) + {FromShare("$7")} as upside_or_more
              from summed d left join stage s on s.stage_id = d.stage_id
             where {DealSql.Standing} <> 'lost'),
        part as materialized (
            select {DealSql.Currency("currency", "$5")} as currency, month, is_open, sum(deals) as deals, sum(without_amount) as without_amount, sum(total) as total,
                   sum(committed) as committed, sum(upside_or_more) - sum(committed) as upside, sum(total) - sum(upside_or_more) as pipeline, sum(weighted) as weighted
              from grouped group by 1, 2, 3)
        """;

    // A row for every month and every currency that any of the months has, and the tenant's own.
    private static readonly string Fresh = $"""
        month as (select ($4::date + make_interval(months => i))::date as month from generate_series(0, {Months - 1}) i),
        fresh as materialized (
            select m.month, c.currency, {Sum("o.committed")} as committed, {Sum("o.upside")} as upside, {Sum("o.pipeline")} as pipeline,
                   {Sum("o.weighted")} as weighted_total, {Sum("w.total")} as won, coalesce(o.deals, 0) as deal_count, coalesce(o.without_amount, 0) as deals_without_amount
              from month m
             cross join (select upper($5) as currency union select currency from part where month in (select month from month)) c
              left join part o on o.currency = c.currency and o.month = m.month and o.is_open
              left join part w on w.currency = c.currency and w.month = m.month and not w.is_open),
        fresh_gap as materialized (
            select currency, {Counts("month is null")} as without_close_date, {Value("month is null")} as value_without_close_date,
                   {Counts("month < $4")} as overdue, {Value("month < $4")} as overdue_value,
                   {Counts(Later)} as later, {Value(Later)} as later_value
              from part where is_open group by currency
            having bool_or(month is null or month < $4 or {Later}))
        """;

    private const string Later = "month >= $4::date + make_interval(months => 13)";

    private static readonly string History = $"""
        history_gone as (
            delete from crm_revenue_forecast_history h
             where h.tenant_id = $1 and h.as_of = $2 and (h.forecast_month, h.currency) not in (select month, currency from fresh)),
        history as (
            insert into crm_revenue_forecast_history as h (tenant_id, as_of, forecast_month, currency, {Figures})
            select $1, $2, month, currency, {Figures} from fresh
                on conflict (tenant_id, as_of, forecast_month, currency) do update
               set {Set("taken_at = clock_timestamp()")}
             where ({Of("h")}) is distinct from ({Of("excluded")})),
        gaps_gone as (
            delete from crm_revenue_forecast_gaps g where g.tenant_id = $1 and g.as_of = $2 and g.currency not in (select currency from fresh_gap)),
        gaps as (
            insert into crm_revenue_forecast_gaps as g
                   (tenant_id, as_of, currency, without_close_date, value_without_close_date, overdue, overdue_value, later, later_value)
            select $1, $2, currency, without_close_date, value_without_close_date, overdue, overdue_value, later, later_value from fresh_gap
                on conflict (tenant_id, as_of, currency) do update
               set without_close_date = excluded.without_close_date, value_without_close_date = excluded.value_without_close_date,
                   overdue = excluded.overdue, overdue_value = excluded.overdue_value, later = excluded.later, later_value = excluded.later_value
             where (g.without_close_date, g.value_without_close_date, g.overdue, g.overdue_value, g.later, g.later_value)
                   is distinct from (excluded.without_close_date, excluded.value_without_close_date, excluded.overdue, excluded.overdue_value,
                                     excluded.later, excluded.later_value))
        """;

    // The newest forecast of each month. One that is made again for an older day changes nothing there.
    private static readonly string Newest = $"""
        gone as (
            delete from crm_revenue_forecasts r
             where r.tenant_id = $1 and r.as_of <= $2 and r.forecast_month >= $4 and (r.forecast_month, r.currency) not in (select month, currency from fresh))
        insert into crm_revenue_forecasts as r (tenant_id, forecast_month, currency, as_of, {Figures})
        select $1, month, currency, $2, {Figures} from fresh f
         where not exists (select from crm_revenue_forecasts n where n.tenant_id = $1 and n.forecast_month = f.month and n.as_of > $2)
            on conflict (tenant_id, forecast_month, currency) do update
           set as_of = excluded.as_of, {Set("taken_at = clock_timestamp()")}
         where (r.as_of, {Of("r")}) is distinct from (excluded.as_of, {Of("excluded")})
        """;

    public static readonly string Take = $"with {Deals}, {Grouped}, {Fresh}, {History}, {Newest}";

    /// <summary>What was really won in a month that is over: <c>$4</c> its first day, <c>$3</c> the instant at which the next one begins.</summary>
    public static readonly string Settle = $"""
        with {Deals},
        won as materialized (
            select currency, {DealSql.Rounded("sum(amount)", "currency")} as won
              from (select {DealSql.Currency("d.currency", "$5")} as currency, d.amount, {DealSql.Standing} as standing
                      from ({DealSql.Deals.At("deal_was", "$3", DealSql.NotAway)}) d left join stage s on s.stage_id = d.stage_id
                     where d.close_date >= $4::date and d.close_date < $4::date + make_interval(months => 1)) d
             where standing = 'won' group by 1),
        history as (
            update crm_revenue_forecast_history h set won_total = coalesce((select w.won from won w where w.currency = h.currency), 0)
             where h.tenant_id = $1 and h.forecast_month = $4
               and h.won_total is distinct from coalesce((select w.won from won w where w.currency = h.currency), 0))
        update crm_revenue_forecasts r set won = coalesce((select w.won from won w where w.currency = r.currency), 0)
         where r.tenant_id = $1 and r.forecast_month = $4 and r.won is distinct from coalesce((select w.won from won w where w.currency = r.currency), 0)
        """;

    /// <summary>The months before <c>$2</c> of which a forecast does not say yet what was won.</summary>
    public const string Unsettled = """
        select distinct forecast_month from crm_revenue_forecast_history where tenant_id = $1 and won_total is null and forecast_month < $2 order by 1
        """;

    private static string Sum(string amount) => DealSql.Rounded($"coalesce({amount}, 0)", "c.currency");

    private static string Counts(string condition) => $"coalesce(sum(deals) filter (where {condition}), 0)";

    private static string Value(string condition) => DealSql.Rounded($"coalesce(sum(total) filter (where {condition}), 0)", "currency");

    private static string Of(string row) => string.Join(", ", Figures.Split(", ").Select(figure => $"{row}.{figure}"));

    private static string Set(string more) => string.Join(", ", Figures.Split(", ").Select(figure => $"{figure} = excluded.{figure}").Append(more));
}
