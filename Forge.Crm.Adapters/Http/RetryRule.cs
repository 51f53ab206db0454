using System.Net;

namespace Forge.Crm.Adapters.Http;

/// <summary>Whether and when a failed attempt is made again. Longer waits than a worker should sit out are left to the queue.</summary>
internal static class RetryRule
{
    public const int MaxRetries = 3;

    /// <summary>Sat out here; a longer one fails the call with <c>RetryAfter</c> set.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private const int MigrationInProgress = 477;
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(500);

    /// <param name="attempt">Of the attempt that failed; the first is 1.</param>
    /// <returns>Null where the attempt is not to be repeated here.</returns>
    public static TimeSpan? DelayOf(CallFault fault, int attempt, bool isRepeatable)
    {
        if (attempt > MaxRetries || !(isRepeatable || IsNotCarriedOut(fault)))
            return null;
        return (WaitOf(fault, attempt) ?? Backoff(fault, attempt)) is { } delay && delay <= LongestWait ? delay : null;
    }

    /// <summary>
    /// What the platform wants us to wait: its own Retry-After, else what HubSpot's own client does for the limit that it names (ten
    /// seconds an attempt for the rolling one, one second for the secondly one) and what its documentation says of locked records.
    /// </summary>
    public static TimeSpan? WaitOf(CallFault fault, int attempt) => fault.RetryAfter ?? ((int?)fault.Status, fault.Policy) switch
    {
        (429, "TEN_SECONDLY_ROLLING") => TimeSpan.FromSeconds(10 * attempt),
        (429, _) => TimeSpan.FromSeconds(attempt),
        (423, _) => TimeSpan.FromSeconds(2 * attempt),
        (MigrationInProgress, _) => TimeSpan.FromMinutes(5),
        _ => null,
    };

    /// <summary>Whether the refusal is not of this call but of the account's calls: nobody is to call before the wait is over.</summary>
    public static bool IsForAll(CallFault fault) =>
        (int?)fault.Status is 429 or MigrationInProgress || fault is { Status: HttpStatusCode.ServiceUnavailable, RetryAfter: not null };

    private static TimeSpan? Backoff(CallFault fault, int attempt) =>
        fault.Outcome is CallOutcome.NotSent or CallOutcome.NoAnswer
        || fault.Status is HttpStatusCode.RequestTimeout || (int?)fault.Status is >= 500 and <= 599
            ? FirstBackoff * Math.Pow(2, attempt - 1)
            : null;

    // Throttled and locked-out requests are turned away before anything is done.
    private static bool IsNotCarriedOut(CallFault fault) =>
        fault.Outcome is CallOutcome.NotSent || (int?)fault.Status is 429 or 423 or MigrationInProgress;
}
