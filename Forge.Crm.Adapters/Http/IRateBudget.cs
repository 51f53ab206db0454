using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Http;

/// <summary>The calls that an account's plan allows, shared by everyone who calls it.</summary>
public interface IRateBudget
{
    /// <summary>Waits until a call may be made, and pays for it: from all of its buckets, or from none.</summary>
    /// <exception cref="CrmCallException">
    /// A bucket is blocked, or the lane's share of the day is used up, for longer than a worker should wait; <c>RetryAfter</c> says how long.
    /// </exception>
    ValueTask WaitAsync(TenantId tenant, Platform platform, IReadOnlyList<BucketPrice> price, CallLane lane, CancellationToken ct);

    /// <summary>The platform wants no calls until then. An earlier time than one already known changes nothing.</summary>
    /// <param name="until">
    /// Null: until the day of a bucket of days is over. Where it is not known when that is, it is tried again every hour.
    /// </param>
    /// <returns>Until when the bucket is blocked now.</returns>
    ValueTask<DateTimeOffset> BlockAsync(TenantId tenant, Platform platform, string bucket, DateTimeOffset? until, CancellationToken ct);

    /// <summary>Takes over what an answer says of the limit and of how much of it is left.</summary>
    /// <param name="limit">Null where the answer says only what is left of the day.</param>
    ValueTask LearnAsync(TenantId tenant, Platform platform, string bucket, RateLimit? limit, int remaining, CancellationToken ct);

    /// <summary>The days of a bucket end at midnight there, instead of in UTC. A zone that nobody knows changes nothing.</summary>
    ValueTask LearnZoneAsync(TenantId tenant, Platform platform, string bucket, string zone, CancellationToken ct);
}
