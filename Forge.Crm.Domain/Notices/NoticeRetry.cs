namespace Forge.Crm.Domain.Notices;

/// <summary>When a notice that could not be sent is tried again: after half a minute, then four times as long each time, up to six hours; ten times in about a day.</summary>
public static class NoticeRetry
{
    public const int MaxAttempts = 10;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(6);

    /// <summary>A receiver may ask for more patience than this, and gets no more.</summary>
    private static readonly TimeSpan MostPatience = TimeSpan.FromDays(1);

    /// <param name="attempts">So far; at least one.</param>
    /// <param name="asked">What the receiver asked for.</param>
    /// <returns>Null where it is not tried again.</returns>
    public static TimeSpan? After(int attempts, TimeSpan? asked)
    {
        if (attempts >= MaxAttempts)
            return null;
        var backoff = Min(First * Math.Pow(4, attempts - 1), Longest);
        return asked > backoff ? Min(asked.Value, MostPatience) : backoff;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
