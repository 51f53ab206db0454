namespace Forge.Crm.Adapters.Http;

/// <summary>The statements of <see cref="PostgresRateBudget"/>; the arithmetic is that of <see cref="TokenBucket"/>, by the database's clock.</summary>
internal static class RateBudgetSql
{
    // Of the row's zone, after the moment that the statement calls instant.
    private const string Midnight =
        "((date_trunc('day', instant at time zone coalesce(zone, 'UTC')) + interval '1 day') at time zone coalesce(zone, 'UTC'))";

    private const string Bucket = "b.tenant_id = $1 and b.platform = $2 and b.bucket = $3";

    /// <summary>
    /// $1 tenant, $2 platform, $3 buckets, $4 their prices, $5 how many seconds ahead the lane books, $6 the part of a day that it leaves.
    /// All buckets pay, or none. No row: one of them is not open yet.
    /// </summary>
    public const string Take = $"""
        with held as (
            select b.*, asked.price
              from crm_rate_budgets b join unnest($3::text[], $4::double precision[]) as asked (bucket, price) on asked.bucket = b.bucket
             where b.tenant_id = $1 and b.platform = $2
             order by b.bucket
               for update of b),
        moment as materialized (select clock_timestamp() as instant, count(*) = cardinality($3::text[]) as is_open from held),
        filled as (
            select bucket, price, capacity, refill_per_second as refill, instant, is_open,
                   case when resets_at <= instant then capacity
                        else least(capacity, tokens + greatest(0, extract(epoch from instant - filled_at)::double precision) * refill_per_second)
                   end as available,
                   case when resets_at <= instant then {Midnight} else resets_at end as resets_at,
                   case when blocked_until > instant then extract(epoch from blocked_until - instant)::double precision end as blocked
              from held, moment),
        judged as (
            select *, blocked is null and case when refill = 0 then available - price >= $6 * capacity else available > -$5 * refill end as ok
              from filled),
        verdict as (
            select is_open, is_open and bool_and(ok) as granted, bool_or(refill = 0 and not ok) as is_day,
                   max(case when ok and refill > 0 then (price - available) / refill end) as turn,
                   max(case when ok then null
                            when blocked is not null then blocked
                            when refill = 0 then extract(epoch from resets_at - instant)::double precision
                            else -available / refill - $5 end) as wait
              from judged
             group by is_open),
        paid as (
            update crm_rate_budgets b
               set tokens = j.available - case when v.granted then j.price else 0 end, filled_at = greatest(b.filled_at, j.instant), resets_at = j.resets_at
              from judged j, verdict v
             where b.tenant_id = $1 and b.platform = $2 and b.bucket = j.bucket)
        select granted, greatest(0, case when granted then turn else wait end), is_day from verdict where is_open
        """;

    /// <summary>$1 tenant, $2 platform, $3 buckets, $4 capacities, $5 refills a second (0: a day).</summary>
    public const string Open = $"""
        insert into crm_rate_budgets (tenant_id, platform, bucket, tokens, capacity, refill_per_second, resets_at, filled_at)
        select $1, $2, bucket, capacity, capacity, refill, case when refill = 0 then {Midnight} end, instant
          from unnest($3::text[], $4::double precision[], $5::double precision[]) as opened (bucket, capacity, refill),
               (select clock_timestamp(), 'UTC') as moment (instant, zone)
        on conflict (tenant_id, platform, bucket) do nothing
        """;

    /// <summary>$1 tenant, $2 platform, $3 bucket, $4 until; null: the end of the day, tried for every hour where it is not known.</summary>
    public const string Block = $"""
        update crm_rate_budgets b
           set blocked_until = greatest(
                   blocked_until, coalesce($4::timestamptz, least({Midnight}, case when zone is null then instant + interval '1 hour' end)))
          from (select clock_timestamp()) as moment (instant)
         where {Bucket}
        returning blocked_until
        """;

    /// <summary>$1 tenant, $2 platform, $3 bucket, $4 capacity, $5 refill a second, $6 calls left.</summary>
    public const string Learn = $"""
        update crm_rate_budgets b
           set tokens = least($4, $6, tokens + greatest(0, extract(epoch from instant - filled_at)::double precision) * refill_per_second),
               capacity = $4, refill_per_second = $5, filled_at = greatest(filled_at, instant)
          from (select clock_timestamp()) as moment (instant)
         where {Bucket}
        """;

    /// <summary>$1 tenant, $2 platform, $3 bucket, $4 capacity (null: not told), $5 the capacity of a day of which nothing is known, $6 tokens left.</summary>
    public const string LearnDay = $"""
        update crm_rate_budgets b
           set tokens = $6, capacity = coalesce($4, greatest(nullif(capacity, $5), $6)), filled_at = greatest(filled_at, instant), resets_at = {Midnight}
          from (select clock_timestamp()) as moment (instant)
         where {Bucket}
        """;

    /// <summary>$1 tenant, $2 platform, $3 bucket, $4 zone: an error where its name is unknown.</summary>
    public const string LearnZone = $"""
        update crm_rate_budgets b
           set zone = moment.zone, resets_at = (date_trunc('day', instant at time zone moment.zone) + interval '1 day') at time zone moment.zone
          from (select clock_timestamp(), $4::text) as moment (instant, zone)
         where {Bucket}
        """;
}
