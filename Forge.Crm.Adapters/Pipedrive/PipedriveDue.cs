using System.Globalization;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// When an activity is due. Pipedrive keeps a day, a time of day in UTC that may be missing (then it takes the whole day), and a duration;
/// the hub keeps instants. Read together they are the property <c>due</c>: <c>2026-09-22</c> or <c>2026-09-22T15:00:00Z</c>.
/// </summary>
internal static class PipedriveDue
{
    public const string Due = "due";
    public const string Ends = "ends";
    private const string Day = "yyyy-MM-dd";
    private const string Instant = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>Adds <see cref="Due"/> and <see cref="Ends"/> to an activity's properties.</summary>
    public static void Derive(Dictionary<string, string?> properties)
    {
        if (!properties.TryGetValue("due_date", out var day))
            return;
        var time = Span(properties.GetValueOrDefault("due_time"));
        var isDay = DateTime.TryParseExact(day, Day, CultureInfo.InvariantCulture, DateTimeStyles.None, out var date);
        var at = isDay ? date + time : null;
        properties[Due] = at?.ToString(Instant, CultureInfo.InvariantCulture) ?? day;
        properties[Ends] = (at + Span(properties.GetValueOrDefault("duration")))?.ToString(Instant, CultureInfo.InvariantCulture);
    }

    /// <summary>A whole day is the instant at which it begins for the tenant.</summary>
    public static string? ToHub(string? due, TenantLocale locale) =>
        DateTime.TryParseExact(due, Day, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? Utc(day, locale.Zone).ToString(Instant, CultureInfo.InvariantCulture)
            : due;

    /// <summary>What begins with the tenant's day takes the whole day.</summary>
    public static string FromHub(string? at, TenantLocale locale)
    {
        if (at is null)
            return "";
        var instant = DateTimeOffset.Parse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var local = TimeZoneInfo.ConvertTime(instant, locale.Zone).Date;
        return Utc(local, locale.Zone) == instant.UtcDateTime
            ? local.ToString(Day, CultureInfo.InvariantCulture)
            : instant.UtcDateTime.ToString(Instant, CultureInfo.InvariantCulture);
    }

    /// <summary>The members that the property is written as. Without a time of day, the whole day.</summary>
    public static void Write(System.Text.Json.Nodes.JsonObject body, string? due)
    {
        var parts = (due ?? "").TrimEnd('Z').Split('T');
        body["due_date"] = parts[0].Length == 0 ? null : parts[0];
        body["due_time"] = parts.Length > 1 ? parts[1] : "";
    }

    /// <returns>Whole seconds of <c>HH:MM</c> or <c>HH:MM:SS</c>.</returns>
    public static string? Seconds(string? duration) =>
        Span(duration) is { } span ? ((long)span.TotalSeconds).ToString(CultureInfo.InvariantCulture) : null;

    public static string Duration(string? seconds)
    {
        if (seconds is null)
            return "";
        var span = TimeSpan.FromSeconds(long.Parse(seconds, CultureInfo.InvariantCulture));
        return string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours:00}:{span.Minutes:00}:{span.Seconds:00}");
    }

    // A day may begin with an hour that does not exist (daylight saving at midnight): then it begins with the next one.
    private static DateTime Utc(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local))
            local = local.AddMinutes(30);
        return new(Math.Clamp(local.Ticks - zone.GetUtcOffset(local).Ticks, 0, DateTime.MaxValue.Ticks), DateTimeKind.Utc);
    }

    private static TimeSpan? Span(string? text)
    {
        var parts = text?.Split(':');
        return parts is { Length: 2 or 3 } && parts.All(part => part.Length > 0 && part.All(char.IsAsciiDigit))
            ? new TimeSpan(Number(parts[0]), Number(parts[1]), parts.Length == 3 ? Number(parts[2]) : 0)
            : null;
    }

    private static int Number(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
