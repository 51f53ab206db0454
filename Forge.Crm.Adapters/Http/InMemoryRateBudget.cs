using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Http;

/// <summary>A budget of one process, for callers without a database.</summary>
public sealed class InMemoryRateBudget(IEnumerable<BucketLimit> limits, TimeProvider clock) : IRateBudget
{
    private readonly Dictionary<(Platform, string), RateLimit> _limits = limits.ToDictionary(row => (row.Platform, row.Bucket), row => row.Limit);
    private readonly Dictionary<(TenantId, Platform, string), TokenBucket> _buckets = [];
    private readonly Lock _lock = new();

    public async ValueTask WaitAsync(TenantId tenant, Platform platform, string bucket, CallLane lane, CancellationToken ct)
    {
        while (true)
        {
            TimeSpan? wait = null;
            Change(tenant, platform, bucket, held =>
            {
                (var after, wait) = held.Take(lane, clock.GetUtcNow());
                return after;
            });
            if (wait is not { } time)
                return;
            await BudgetWait.ForAsync(time, platform, clock, ct);
        }
    }

    public ValueTask BlockAsync(TenantId tenant, Platform platform, string bucket, DateTimeOffset until, CancellationToken ct)
    {
        Change(tenant, platform, bucket, held => held.Block(until));
        return default;
    }

    public ValueTask LearnAsync(TenantId tenant, Platform platform, string bucket, RateLimit limit, int remaining, CancellationToken ct)
    {
        Change(tenant, platform, bucket, held => held.Learn(limit, remaining, clock.GetUtcNow()));
        return default;
    }

    private void Change(TenantId tenant, Platform platform, string bucket, Func<TokenBucket, TokenBucket> change)
    {
        lock (_lock)
        {
            var held = _buckets.TryGetValue((tenant, platform, bucket), out var known)
                ? known
                : TokenBucket.Full(_limits[(platform, bucket)], clock.GetUtcNow());
            _buckets[(tenant, platform, bucket)] = change(held);
        }
    }
}
