using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Http;

/// <summary>A budget of one process, for callers without a database.</summary>
public sealed class InMemoryRateBudget(IEnumerable<BucketLimit> limits, TimeProvider clock) : IRateBudget
{
    private readonly Dictionary<(Platform, string), RateLimit> _limits = limits.ToDictionary(row => (row.Platform, row.Bucket), row => row.Limit);
    private readonly Dictionary<(TenantId, Platform, string), TokenBucket> _buckets = [];
    private readonly Lock _lock = new();

    public async ValueTask WaitAsync(TenantId tenant, Platform platform, IReadOnlyList<BucketPrice> price, CallLane lane, CancellationToken ct)
    {
        BudgetAnswer answer;
        do
        {
            answer = Take(tenant, platform, price, lane);
            await BudgetWait.ForAsync(answer, platform, clock, ct);
        }
        while (!answer.IsGranted);
    }

    public ValueTask<DateTimeOffset> BlockAsync(TenantId tenant, Platform platform, string bucket, DateTimeOffset? until, CancellationToken ct) =>
        new(Change(tenant, platform, bucket, (held, now) => held.Block(until, now)).BlockedUntil);

    public ValueTask LearnAsync(TenantId tenant, Platform platform, string bucket, RateLimit? limit, int remaining, CancellationToken ct)
    {
        Change(tenant, platform, bucket, (held, _) => held.Learn(limit, remaining));
        return default;
    }

    public ValueTask LearnZoneAsync(TenantId tenant, Platform platform, string bucket, string zone, CancellationToken ct)
    {
        if (TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found))
            Change(tenant, platform, bucket, (held, now) => held.In(found, now));
        return default;
    }

    private BudgetAnswer Take(TenantId tenant, Platform platform, IReadOnlyList<BucketPrice> price, CallLane lane)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            var answers = price.Select(part => BucketOf(tenant, platform, part.Bucket, now).Ask(part.Tokens, lane)).ToList();
            if (answers.Where(answer => !answer.IsGranted).ToList() is { Count: > 0 } refusals)
                return refusals.MaxBy(refusal => refusal.Wait);
            foreach (var (bucket, tokens) in price)
                Change(tenant, platform, bucket, (held, _) => held with { Tokens = held.Tokens - tokens });
            return answers.MaxBy(answer => answer.Wait);
        }
    }

    private TokenBucket Change(TenantId tenant, Platform platform, string bucket, Func<TokenBucket, DateTimeOffset, TokenBucket> change)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            return _buckets[(tenant, platform, bucket)] = change(BucketOf(tenant, platform, bucket, now), now);
        }
    }

    private TokenBucket BucketOf(TenantId tenant, Platform platform, string bucket, DateTimeOffset now) =>
        (_buckets.TryGetValue((tenant, platform, bucket), out var held) ? held : TokenBucket.Full(_limits[(platform, bucket)], now)).At(now);
}
