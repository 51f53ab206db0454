using System.Net;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Http;

/// <summary>How callers wait for a budget: until their turn; in short steps while they have none; not at all where there is none for long.</summary>
internal static class BudgetWait
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <exception cref="CrmCallException">The wait is longer than a worker should sit out.</exception>
    public static Task ForAsync(BudgetAnswer answer, Platform platform, TimeProvider time, CancellationToken ct)
    {
        if (answer.IsGranted)
            return answer.Wait > TimeSpan.Zero ? Task.Delay(Whole(answer.Wait), time, ct) : Task.CompletedTask;
        if (answer.Wait > RetryRule.LongestWait)
            throw Refused(answer, platform, time);
        // Looks again before a long wait is over: the block may be lifted and the limit may grow.
        return Task.Delay(answer.Wait > Longest ? Longest : Whole(answer.Wait), time, ct);
    }

    private static CrmCallException Refused(BudgetAnswer answer, Platform platform, TimeProvider time) => answer.IsDay
        ? new(platform, HttpStatusCode.TooManyRequests, "what is left of the day's budget is not for this call", answer.Wait) { DayEnds = time.GetUtcNow() + answer.Wait }
        : new(platform, HttpStatusCode.TooManyRequests, "the account's budget is blocked", answer.Wait);

    // A timer drops parts of a millisecond, and would end too early.
    private static TimeSpan Whole(TimeSpan wait) => TimeSpan.FromMilliseconds(Math.Max(Shortest.TotalMilliseconds, Math.Ceiling(wait.TotalMilliseconds)));
}
