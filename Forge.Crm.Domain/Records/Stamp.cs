using System.Globalization;

namespace Forge.Crm.Domain.Records;

/// <summary>
/// When a field took its value, by the clock of the system where the edit was made, and which system that was.
/// <see cref="None"/> means that the field was never set. Stamps are equal only where time, source and exactness are.
/// </summary>
/// <param name="At">UTC, whole microseconds (what PostgreSQL keeps).</param>
/// <param name="By">The system of the edit, not the one that told us of it.</param>
/// <param name="IsApproximate">The platform gave only the record's time, which is at or after the field's own.</param>
public readonly record struct Stamp(DateTimeOffset At, Platform By, bool IsApproximate = false)
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
    private const int TimeLength = 27;
    private const long SecondsBelow = 100_000_000_000;
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMillisecond / 1000;

    public static readonly Stamp None;

    /// <summary>How far a platform's clock may be from ours where the times of both are compared as they stand.</summary>
    public static readonly TimeSpan ClockMargin = TimeSpan.FromMinutes(5);

    public bool IsNone => At == default;

    /// <summary>Cuts an instant to whole microseconds, in UTC.</summary>
    public static DateTimeOffset Micros(DateTimeOffset at) =>
        new(at.UtcTicks - (at.UtcTicks % TicksPerMicrosecond), TimeSpan.Zero);

    /// <summary>
    /// A platform's number since 1970 as an instant: milliseconds, as they document it, or seconds where it would otherwise lie before
    /// 1974 (a sender that forgot the milliseconds).
    /// </summary>
    public static DateTimeOffset FromEpoch(long number) => Math.Abs(number) < SecondsBelow
        ? DateTimeOffset.FromUnixTimeSeconds(number)
        : DateTimeOffset.FromUnixTimeMilliseconds(number);

    /// <summary>
    /// This stamp, or <paramref name="now"/> where its clock runs ahead: a wrong clock must not win against every edit to come. Done once,
    /// when the time is first heard of; what it really was is then not known exactly.
    /// </summary>
    public Stamp NotAfter(DateTimeOffset now) => At <= now ? this : this with { At = Micros(now), IsApproximate = true };

    /// <summary>This stamp, or the first moment after <paramref name="older"/> where its clock does not already say later.</summary>
    public Stamp After(Stamp older) => At > older.At ? this : this with { At = older.At.AddTicks(TicksPerMicrosecond) };

    /// <summary>E.g. <c>2026-11-22T17:38:18.123456Z hubspot</c>, with <c>~</c> behind it where approximate; sorts by time.</summary>
    public override string ToString() =>
        $"{At.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)} {By.ToName()}{(IsApproximate ? "~" : "")}";

    /// <summary>Reads what <see cref="ToString"/> wrote; null is <see cref="None"/>.</summary>
    public static Stamp Parse(string? text)
    {
        if (text is null)
            return None;
        var approximate = text.EndsWith('~');
        var at = DateTimeOffset.ParseExact(text.AsSpan(0, TimeLength), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        return new(at, Names.Parse<Platform>(text[(TimeLength + 1)..(approximate ? ^1 : ^0)]), approximate);
    }
}
