using Microsoft.AspNetCore.Http;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Counts one account's requests against HubSpot's limits ("Usage guidelines"): rolling ten seconds, day, searches a second.</summary>
internal sealed class HubSpotRateLimits(HubSpotAccount account)
{
    private readonly Lock gate = new();
    private readonly Queue<long> privateApp = [];
    private readonly Queue<long> oauth = [];
    private readonly Queue<long> searches = [];
    private DateOnly today;
    private int usedToday;

    /// <summary>Admits and counts the request, or says why not. Search answers carry no limit headers.</summary>
    public HubSpotProblem? Admit(HubSpotToken token, bool isSearch, IHeaderDictionary headers)
    {
        var settings = account.Options.Limits;
        if (!settings.Enabled)
            return null;
        lock (gate)
        {
            var now = account.Options.Time.GetUtcNow();
            StartDay(now);
            var (window, limit) = token.IsOAuth ? (oauth, settings.OAuthPerTenSeconds) : (privateApp, settings.PrivateAppPerTenSeconds);
            Forget(searches, now, 1_000);
            Forget(window, now, 10_000);
            var problem = usedToday >= settings.Daily ? Exceeded("DAILY", "daily")
                : isSearch && searches.Count >= settings.SearchesPerSecond ? Exceeded("SECONDLY", "secondly")
                : !isSearch && window.Count >= limit ? Exceeded("TEN_SECONDLY_ROLLING", "ten_secondly_rolling")
                : null;
            if (problem is null)
                Count(isSearch ? searches : window, now);
            if (!isSearch)
                WriteHeaders(headers, token, settings, limit, limit - window.Count);
            return problem;
        }
    }

    private static HubSpotProblem Exceeded(string policy, string words) =>
        new(429, "RATE_LIMITS", $"You have reached your {words} limit.")
        {
            Extra = new()
            {
                ["errorType"] = "RATE_LIMIT",
                ["policyName"] = policy,
                ["requestId"] = Guid.CreateVersion7().ToString(),
            },
        };

    private static void Forget(Queue<long> window, DateTimeOffset now, long milliseconds)
    {
        while (window.TryPeek(out var oldest) && oldest <= now.ToUnixTimeMilliseconds() - milliseconds)
            window.Dequeue();
    }

    private void Count(Queue<long> window, DateTimeOffset now)
    {
        window.Enqueue(now.ToUnixTimeMilliseconds());
        usedToday++;
    }

    private void StartDay(DateTimeOffset now)
    {
        var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, TimeZoneInfo.FindSystemTimeZoneById(account.TimeZone)).DateTime);
        if (day == today)
            return;
        today = day;
        usedToday = 0;
    }

    private void WriteHeaders(IHeaderDictionary headers, HubSpotToken token, HubSpotLimitSettings settings, int limit, int left)
    {
        headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = "10000";
        headers["X-HubSpot-RateLimit-Max"] = HubSpotNumbers.Text(limit);
        headers["X-HubSpot-RateLimit-Remaining"] = HubSpotNumbers.Text(Math.Max(0, left));
        if (token.IsOAuth)
            return;
        headers["X-HubSpot-RateLimit-Daily"] = HubSpotNumbers.Text(settings.Daily);
        headers["X-HubSpot-RateLimit-Daily-Remaining"] = HubSpotNumbers.Text(Math.Max(0, settings.Daily - usedToday));
    }
}
