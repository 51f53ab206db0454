using System.Globalization;
using NCrontab;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>When a timer fires: a six-field NCRONTAB expression (five fields are taken too), or a fixed interval. In UTC, the default of Functions.</summary>
internal sealed class TimerSchedule(Func<DateTime, DateTime> next)
{
    private const int FieldsWithSeconds = 6;

    /// <exception cref="FormatException">Neither the one nor the other.</exception>
    public static TimerSchedule Parse(string text)
    {
        var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Length;
        var options = new CrontabSchedule.ParseOptions { IncludingSeconds = fields == FieldsWithSeconds };
        if (CrontabSchedule.TryParse(text, options) is { } cron)
            return new TimerSchedule(cron.GetNextOccurrence);
        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var interval) && interval > TimeSpan.Zero
            ? new TimerSchedule(after => after + interval)
            : throw new FormatException($"'{text}' is no timer schedule: six fields of NCRONTAB (\"0 */5 * * * *\") or a time span.");
    }

    /// <summary>The first occurrence after an instant.</summary>
    public DateTimeOffset Next(DateTimeOffset after) => new(next(after.UtcDateTime), TimeSpan.Zero);
}
