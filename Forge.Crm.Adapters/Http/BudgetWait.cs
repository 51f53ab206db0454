using System.Net;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Http;

/// <summary>How callers wait for a budget: in short steps while it is worth it, and not at all where it is blocked for long.</summary>
internal static class BudgetWait
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <exception cref="CrmCallException">The wait is longer than a worker should sit out.</exception>
    public static Task ForAsync(TimeSpan wait, Platform platform, TimeProvider time, CancellationToken ct)
    {
        if (wait > RetryRule.LongestWait)
            throw new CrmCallException(platform, HttpStatusCode.TooManyRequests, "the account's budget is blocked", wait);
        // Looks again before a long wait is over: the block may be lifted and the limit may grow.
        return Task.Delay(wait < Shortest ? Shortest : wait > Longest ? Longest : wait, time, ct);
    }
}
