using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Http;

/// <summary>
/// So many calls in any stretch of time of that length, or so many tokens a day (full again at midnight, nothing in between). A stretch is
/// kept as a bucket: a fiftieth of the calls at once, the rest evenly. No stretch ever holds more than the limit, since
/// n calls of a bucket need a time t with n &lt;= capacity + refill * t; 95 to 98 % of it can be used.
/// </summary>
/// <param name="Calls">Of a day: tokens, where calls have different prices.</param>
public sealed record RateLimit(int Calls, TimeSpan Per)
{
    public static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>A day whose limit nobody has told yet, and may not have one.</summary>
    public static readonly RateLimit Unknown = new(int.MaxValue, Day);

    /// <summary>
    /// Calls are not counted where they leave but where they arrive: by this much the way of one may be longer than that of the next. A part of the stretch, up to
    /// what a busy machine or a network makes of any call.
    /// </summary>
    private const double Jitter = 0.04;

    private const double LongestJitterSeconds = 0.2;

    public bool IsDay => Per == Day;

    public double Capacity => IsDay ? Calls : Math.Max(1, Calls / 50.0);

    /// <value>0 for a day.</value>
    public double RefillPerSecond => IsDay ? 0 : (Calls + 1 - Capacity) / (Per.TotalSeconds + Math.Min(Per.TotalSeconds * Jitter, LongestJitterSeconds));
}

/// <summary>The limit that a bucket of a platform has until the platform's answers say otherwise.</summary>
public sealed record BucketLimit(Platform Platform, string Bucket, RateLimit Limit);

/// <summary>What a call takes from one bucket. A call may be paid from several.</summary>
public readonly record struct BucketPrice(string Bucket, double Tokens);

/// <summary>
/// How more urgent lanes go first. In a stretch: an urgent call takes its turn in advance (the bucket goes below zero, and the call waits as
/// long as that takes), a patient one only what is there, so it always stands behind. In a day: a patient lane leaves a part of it untouched.
/// </summary>
internal static class CallLanes
{
    // By lane: interactive, webhook, reconcile, backfill.
    private static readonly double[] SecondsAhead = [5, 2, 0.25, 0];
    private static readonly double[] DayReserves = [0, 0.02, 0.1, 0.2];

    /// <summary>How far below zero, in seconds of its refill, a bucket may be for a call of the lane to be booked.</summary>
    public static double SecondsAheadOf(CallLane lane) => SecondsAhead[(int)lane];

    /// <summary>The part of a day that the lane leaves to more urgent ones.</summary>
    public static double DayReserveOf(CallLane lane) => DayReserves[(int)lane];
}
