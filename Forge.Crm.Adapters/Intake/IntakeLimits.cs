using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.Intake;

/// <summary>How many events an account may send: a bucket each, in the memory of this instance. Asked before the database is.</summary>
internal sealed class IntakeLimits : IDisposable
{
    private const int RefillsPerSecond = 10;

    private readonly PartitionedRateLimiter<(Guid?, string)> _buckets;
    private readonly int _burst;

    public IntakeLimits(IOptions<IntakeOptions> options)
    {
        _burst = options.Value.IntakeBurst;
        var bucket = new TokenBucketRateLimiterOptions
        {
            TokenLimit = _burst,
            TokensPerPeriod = Math.Max(1, options.Value.IntakeEventsPerSecond / RefillsPerSecond),
            ReplenishmentPeriod = options.Value.IntakeEventsPerSecond < RefillsPerSecond
                ? TimeSpan.FromSeconds(1.0 / options.Value.IntakeEventsPerSecond)
                : TimeSpan.FromSeconds(1.0 / RefillsPerSecond),
            QueueLimit = 0,
        };
        _buckets = PartitionedRateLimiter.Create<(Guid?, string), (Guid?, string)>(
            account => RateLimitPartition.GetTokenBucketLimiter(account, _ => bucket));
    }

    /// <param name="connection">The connection that signed with its own secret; null where our app's did.</param>
    /// <returns>Null where it may pass; else how long to wait.</returns>
    public TimeSpan? Wait(Guid? connection, string account, int events)
    {
        // More than a bucket holds could never pass.
        using var lease = _buckets.AttemptAcquire((connection, account), Math.Min(events, _burst));
        if (lease.IsAcquired)
            return null;
        return lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) && wait > TimeSpan.FromSeconds(1) ? wait : TimeSpan.FromSeconds(1);
    }

    public void Dispose() => _buckets.Dispose();
}
