using Microsoft.AspNetCore.Http;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>
/// Counts requests against Pipedrive's limits (documentation, "Rate limiting"): a burst of requests a token in two rolling seconds, and a
/// daily budget of the company that every request takes its cost from.
/// </summary>
internal sealed class PipedriveRateLimits(PipedriveAccount account)
{
    private const long Window = 2_000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Queue<long>> bursts = [];
    private readonly Queue<long> searches = [];
    private DateOnly today;
    private int throttled;

    /// <summary>Tokens used since midnight (UTC).</summary>
    public int UsedToday { get; private set; }

    /// <summary>Admits and counts the request, or says why not.</summary>
    public PipedriveProblem? Admit(PipedriveToken token, int cost, bool isSearch, IHeaderDictionary headers)
    {
        var settings = account.Options.Limits;
        lock (gate)
        {
            var now = account.Options.Time.GetUtcNow();
            StartDay(now);
            if (!settings.Enabled)
            {
                UsedToday += cost;
                return null;
            }
            var limit = token.IsOAuth ? settings.OAuthPerTwoSeconds : settings.ApiTokenPerTwoSeconds;
            var burst = Burst(token);
            Forget(burst, now);
            Forget(searches, now);
            var isAllowed = burst.Count < limit && UsedToday + cost <= settings.DailyTokens
                && !(isSearch && searches.Count >= settings.SearchesPerTwoSeconds);
            if (isAllowed)
                Count(burst, cost, isSearch, now);
            WriteHeaders(headers, limit, burst, now);
            return isAllowed ? null : Refuse();
        }
    }

    private PipedriveProblem Refuse()
    {
        throttled++;
        var block = account.Options.Faults.BlockAfterThrottled;
        return block > 0 && throttled > block
            ? new PipedriveProblem(403, "<html><head><title>Access denied</title></head></html>")
            : new PipedriveProblem(429, "You have exceeded your API rate limit", PipedriveProblem.ReferTo);
    }

    private void Count(Queue<long> burst, int cost, bool isSearch, DateTimeOffset now)
    {
        throttled = 0;
        UsedToday += cost;
        burst.Enqueue(now.ToUnixTimeMilliseconds());
        if (isSearch)
            searches.Enqueue(now.ToUnixTimeMilliseconds());
    }

    private Queue<long> Burst(PipedriveToken token) =>
        bursts.TryGetValue(token.Text, out var burst) ? burst : bursts[token.Text] = [];

    private static void Forget(Queue<long> window, DateTimeOffset now)
    {
        while (window.TryPeek(out var oldest) && oldest <= now.ToUnixTimeMilliseconds() - Window)
            window.Dequeue();
    }

    private void StartDay(DateTimeOffset now)
    {
        var day = DateOnly.FromDateTime(now.UtcDateTime);
        if (day == today)
            return;
        today = day;
        UsedToday = 0;
    }

    // The reset is told in whole seconds, rounded up.
    private static void WriteHeaders(IHeaderDictionary headers, int limit, Queue<long> burst, DateTimeOffset now)
    {
        var left = burst.TryPeek(out var oldest) ? oldest + Window - now.ToUnixTimeMilliseconds() : Window;
        headers["x-ratelimit-limit"] = PipedriveNumbers.Text(limit);
        headers["x-ratelimit-remaining"] = PipedriveNumbers.Text(Math.Max(0, limit - burst.Count));
        headers["x-ratelimit-reset"] = PipedriveNumbers.Text((left + 999) / 1_000);
    }
}
