using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Http;

/// <summary>The calls that an account's plan allows, shared by everyone who calls it.</summary>
public interface IRateBudget
{
    /// <summary>Waits until a call may be made, and counts it.</summary>
    /// <exception cref="CrmCallException">The bucket is blocked for longer than a worker should wait; <c>RetryAfter</c> says how long.</exception>
    ValueTask WaitAsync(TenantId tenant, Platform platform, string bucket, CallLane lane, CancellationToken ct);

    /// <summary>The platform wants no calls until then. An earlier time than one already known changes nothing.</summary>
    ValueTask BlockAsync(TenantId tenant, Platform platform, string bucket, DateTimeOffset until, CancellationToken ct);

    /// <summary>Takes over what an answer says of the limit and of how much of it is left.</summary>
    ValueTask LearnAsync(TenantId tenant, Platform platform, string bucket, RateLimit limit, int remaining, CancellationToken ct);
}
