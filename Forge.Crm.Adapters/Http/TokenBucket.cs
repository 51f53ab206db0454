using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Http;

/// <summary>The arithmetic of a budget, as <see cref="PostgresRateBudget"/> has it in SQL.</summary>
internal readonly record struct TokenBucket(
    double Tokens, double Capacity, double RefillPerSecond, DateTimeOffset UpdatedAt, DateTimeOffset BlockedUntil = default)
{
    public static TokenBucket Full(RateLimit limit, DateTimeOffset now) => new(limit.Capacity, limit.Capacity, limit.RefillPerSecond, now);

    /// <summary>Takes one call's worth, if the lane may.</summary>
    /// <returns>How long to wait before asking again; null where it was taken.</returns>
    public (TokenBucket After, TimeSpan? Wait) Take(CallLane lane, DateTimeOffset now)
    {
        var filled = this with { Tokens = TokensAt(now), UpdatedAt = now > UpdatedAt ? now : UpdatedAt };
        if (BlockedUntil > now)
            return (filled, BlockedUntil - now);
        var needed = Math.Min(Capacity, 1 + (CallLanes.ReserveOf(lane) * Capacity));
        return filled.Tokens >= needed
            ? (filled with { Tokens = filled.Tokens - 1 }, null)
            : (filled, TimeSpan.FromSeconds((needed - filled.Tokens) / RefillPerSecond));
    }

    public TokenBucket Learn(RateLimit limit, int remaining, DateTimeOffset now) => this with
    {
        Tokens = Math.Min(TokensAt(now), Math.Min(limit.Capacity, remaining)),
        Capacity = limit.Capacity,
        RefillPerSecond = limit.RefillPerSecond,
        UpdatedAt = now > UpdatedAt ? now : UpdatedAt,
    };

    public TokenBucket Block(DateTimeOffset until) => until > BlockedUntil ? this with { BlockedUntil = until } : this;

    private double TokensAt(DateTimeOffset now) =>
        Math.Min(Capacity, Tokens + (Math.Max(0, (now - UpdatedAt).TotalSeconds) * RefillPerSecond));
}
