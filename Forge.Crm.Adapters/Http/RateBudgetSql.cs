namespace Forge.Crm.Adapters.Http;

/// <summary>The statements of <see cref="PostgresRateBudget"/>; the arithmetic is that of <see cref="TokenBucket"/>, by the database's clock.</summary>
internal static class RateBudgetSql
{
    /// <summary>$1 tenant, $2 platform, $3 bucket, $4 most calls, $5 the lane's reserve. No row: the bucket is not open yet.</summary>
    public const string Take = """
        with held as (
            select tokens, capacity, refill_per_second, updated_at, blocked_until, clock_timestamp() as at
              from crm_rate_budgets
             where tenant_id = $1 and platform = $2 and bucket = $3
               for update),
        filled as (
            select at, refill_per_second, capacity * $5 as reserve, least(capacity, 1 + capacity * $5) as needed,
                   least(capacity, tokens + greatest(0, extract(epoch from at - updated_at)::double precision) * refill_per_second) as available,
                   greatest(0, extract(epoch from blocked_until - at)::double precision) as blocked
              from held),
        granted as (
            select at, available, greatest(coalesce(blocked, 0), (needed - available) / refill_per_second) as wait,
                   case when coalesce(blocked, 0) > 0 or available < needed then 0
                        else greatest(1, least($4, floor(available - reserve)))::int end as taken
              from filled)
        update crm_rate_budgets b
           set tokens = g.available - g.taken, updated_at = greatest(b.updated_at, g.at)
          from granted g
         where b.tenant_id = $1 and b.platform = $2 and b.bucket = $3
        returning g.taken, greatest(0, g.wait)
        """;

    /// <summary>$1 tenant, $2 platform, $3 bucket, $4 capacity, $5 refill a second.</summary>
    public const string Open = """
        insert into crm_rate_budgets (tenant_id, platform, bucket, tokens, capacity, refill_per_second, updated_at)
        values ($1, $2, $3, $4, $4, $5, clock_timestamp())
        on conflict (tenant_id, platform, bucket) do nothing
        """;

    /// <summary>$1 tenant, $2 platform, $3 bucket, $4 capacity, $5 refill a second, $6 until.</summary>
    public const string Block = """
        insert into crm_rate_budgets as b (tenant_id, platform, bucket, tokens, capacity, refill_per_second, blocked_until, updated_at)
        values ($1, $2, $3, $4, $4, $5, $6, clock_timestamp())
        on conflict (tenant_id, platform, bucket) do update
           set blocked_until = greatest(b.blocked_until, excluded.blocked_until)
        """;

    /// <summary>$1 tenant, $2 platform, $3 bucket, $4 capacity, $5 refill a second, $6 calls left.</summary>
    public const string Learn = """
        update crm_rate_budgets
           set tokens = least($4, $6, tokens + greatest(0, extract(epoch from clock_timestamp() - updated_at)::double precision) * refill_per_second),
               capacity = $4, refill_per_second = $5, updated_at = greatest(updated_at, clock_timestamp())
         where tenant_id = $1 and platform = $2 and bucket = $3
        """;
}
