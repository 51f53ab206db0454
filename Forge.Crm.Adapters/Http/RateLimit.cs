using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Http;

/// <summary>
/// So many calls in any stretch of time of that length. As a bucket: a tenth of the calls at once, the rest evenly, so that no stretch
/// ever holds more than the limit (a bucket of the full size would let almost twice as many through).
/// </summary>
public sealed record RateLimit(int Calls, TimeSpan Per)
{
    public double Capacity => Math.Max(1, Calls / 10.0);

    public double RefillPerSecond => Math.Max(Calls - Capacity, 0.5) / Per.TotalSeconds;
}

/// <summary>The limit that a bucket of a platform has until the platform's answers say otherwise.</summary>
public sealed record BucketLimit(Platform Platform, string Bucket, RateLimit Limit);

internal static class CallLanes
{
    // By lane: the part of a bucket's capacity that it leaves to more urgent ones.
    private static readonly double[] Reserves = [0, 0.1, 0.3, 0.5];

    public static double ReserveOf(CallLane lane) => Reserves[(int)lane];
}
