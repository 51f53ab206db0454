using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Http;

/// <summary>The arithmetic of a budget, as <see cref="PostgresRateBudget"/> has it in SQL.</summary>
/// <param name="Tokens">Below zero: booked in advance.</param>
/// <param name="ResetsAt">Of a day: when it is over; null for a stretch.</param>
/// <param name="Zone">Whose midnight that is; null where nobody told.</param>
internal readonly record struct TokenBucket(
    double Tokens, double Capacity, double RefillPerSecond, DateTimeOffset UpdatedAt, DateTimeOffset? ResetsAt,
    DateTimeOffset BlockedUntil = default, TimeZoneInfo? Zone = null)
{
    /// <summary>How soon a refused day is tried again whose end is not known.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromHours(1);

    public static TokenBucket Full(RateLimit limit, DateTimeOffset now) =>
        new(limit.Capacity, limit.Capacity, limit.RefillPerSecond, now, limit.IsDay ? Midnight(now, TimeZoneInfo.Utc) : null);

    /// <summary>The bucket as it is by now.</summary>
    public TokenBucket At(DateTimeOffset now)
    {
        var later = now > UpdatedAt ? now : UpdatedAt;
        return ResetsAt <= now
            ? this with { Tokens = Capacity, ResetsAt = NextMidnight(now), UpdatedAt = later }
            : this with { Tokens = Math.Min(Capacity, Tokens + ((later - UpdatedAt).TotalSeconds * RefillPerSecond)), UpdatedAt = later };
    }

    /// <summary>Whether a call of the lane may be paid from this bucket, which is of this moment.</summary>
    public BudgetAnswer Ask(double price, CallLane lane)
    {
        if (BlockedUntil > UpdatedAt)
            return new(false, BlockedUntil - UpdatedAt, ResetsAt is not null);
        if (ResetsAt is { } end)
            return Tokens - price >= CallLanes.DayReserveOf(lane) * Capacity ? new(true, TimeSpan.Zero) : new(false, end - UpdatedAt, IsDay: true);
        var ahead = CallLanes.SecondsAheadOf(lane);
        var isGranted = Tokens > -ahead * RefillPerSecond;
        var seconds = isGranted ? (price - Tokens) / RefillPerSecond : (-Tokens / RefillPerSecond) - ahead;
        return new(isGranted, TimeSpan.FromSeconds(Math.Max(0, seconds)));
    }

    /// <summary>What is left of a stretch can only be less than we think: others call, too. What is left of a day is what the platform says.</summary>
    public TokenBucket Learn(RateLimit? limit, int remaining) => ResetsAt is null
        ? this with { Tokens = Math.Min(Tokens, Math.Min(limit!.Capacity, remaining)), Capacity = limit.Capacity, RefillPerSecond = limit.RefillPerSecond }
        : this with { Tokens = remaining, Capacity = limit?.Capacity ?? (Capacity < RateLimit.Unknown.Capacity ? Math.Max(Capacity, remaining) : remaining) };

    public TokenBucket Block(DateTimeOffset? until, DateTimeOffset now)
    {
        var end = until ?? (Zone is null && NextMidnight(now) > now + LookAgain ? now + LookAgain : NextMidnight(now));
        return end > BlockedUntil ? this with { BlockedUntil = end } : this;
    }

    public TokenBucket In(TimeZoneInfo zone, DateTimeOffset now) => this with { Zone = zone, ResetsAt = Midnight(now, zone) };

    private DateTimeOffset NextMidnight(DateTimeOffset now) => Midnight(now, Zone ?? TimeZoneInfo.Utc);

    private static DateTimeOffset Midnight(DateTimeOffset now, TimeZoneInfo zone)
    {
        var midnight = TimeZoneInfo.ConvertTime(now, zone).Date.AddDays(1);
        return new(midnight, zone.GetUtcOffset(midnight));
    }
}
