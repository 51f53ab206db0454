using System.Globalization;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>Days of a tenant: a day is not 24 hours where the clocks change, and "three days later" keeps the time on the clock.</summary>
public static class RuleTimes
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'";

    public static string Text(DateTimeOffset at) => Stamp.Micros(at).UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    public static string Text(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A date or an instant, so many days later (earlier: negative); of working days, Saturdays and Sundays are passed over.</summary>
    /// <returns>Of the same form as <paramref name="text"/>; null where that is neither.</returns>
    public static string? Plus(string? text, int days, bool isWorking, TimeZoneInfo zone)
    {
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return Text(Plus(date, days, isWorking));
        if (Instant(text) is not { } at)
            return null;
        var local = TimeZoneInfo.ConvertTime(at, zone).DateTime;
        return Text(InZone(Plus(DateOnly.FromDateTime(local), days, isWorking).ToDateTime(TimeOnly.FromDateTime(local)), zone));
    }

    /// <summary>The instant at which the tenant's clocks show this time on the day of a date or an instant.</summary>
    public static string? At(string? text, string? time, TimeZoneInfo zone)
    {
        if (!TimeOnly.TryParseExact(time, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock))
            return null;
        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
        {
            if (Instant(text) is not { } at)
                return null;
            date = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);
        }

        return Text(InZone(date.ToDateTime(clock), zone));
    }

    public static DateTimeOffset? Instant(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    public static DateOnly Plus(DateOnly date, int days, bool isWorking)
    {
        if (!isWorking)
            return date.AddDays(days);
        for (var left = Math.Abs(days); left > 0;)
        {
            date = date.AddDays(Math.Sign(days));
            left -= date.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 0 : 1;
        }

        return date;
    }

    // A time that the clocks skip is the first one after it; one that they show twice is the first.
    private static DateTimeOffset InZone(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local))
            local = local.AddMinutes(1);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new(local, offset);
    }
}
