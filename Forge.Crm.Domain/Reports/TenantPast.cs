using System.Text.Json;

namespace Forge.Crm.Domain.Reports;

/// <summary>A tenant's conventions at any instant: a report that is taken late goes by what counted then.</summary>
/// <param name="changes">From the oldest to the newest.</param>
/// <param name="zoneOf">The zone of an IANA name; UTC for one that is not known, for a report of the wrong midnight beats none.</param>
public sealed class TenantPast(TenantConventions now, IReadOnlyList<ConventionChange> changes, Func<string, TimeZoneInfo> zoneOf)
{
    /// <summary>Nowhere does a day begin earlier: UTC+14.</summary>
    private static readonly TimeSpan Earliest = TimeSpan.FromHours(14);

    public TenantConventions AsOf(DateTimeOffset at)
    {
        var then = now;
        for (var i = changes.Count - 1; i >= 0 && changes[i].At >= at; i--)
            then = Undo(then, changes[i].Was);
        return then;
    }

    /// <summary>The settings of reports at an instant. Where they could not be read then, no report was made: it goes by the first that can be read since.</summary>
    /// <exception cref="FormatException">They cannot be read to this day; the message names place and remedy.</exception>
    public ReportSettings SettingsAt(DateTimeOffset at)
    {
        foreach (var then in changes.Select(change => change.At.AddTicks(1)).Where(later => later > at).Prepend(at).Select(AsOf))
        {
            try
            {
                return ReportSettings.Of(then.Settings);
            }
            catch (FormatException)
            {
                // the next one
            }
        }

        return ReportSettings.Of(now.Settings);
    }

    public DateOnly DateOf(DateTimeOffset at) => new TenantCalendar(zoneOf(now.TimeZone)).DateOf(at);

    /// <summary>
    /// The first instant of a day. A day's zone is the one that the tenant had before that day began anywhere: so it is the same whenever
    /// somebody asks, and a new zone counts from the next day on.
    /// </summary>
    public DateTimeOffset StartOf(DateOnly day)
    {
        var known = new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero) - Earliest;
        return new TenantCalendar(zoneOf(AsOf(known).TimeZone)).StartOf(day);
    }

    private static TenantConventions Undo(TenantConventions then, string was)
    {
        using var document = JsonDocument.Parse(was);
        var old = document.RootElement;
        return new(
            old.TryGetProperty("time_zone", out var zone) ? zone.GetString()! : then.TimeZone,
            old.TryGetProperty("default_currency", out var currency) ? currency.GetString()! : then.Currency,
            old.TryGetProperty("settings", out var settings) ? settings.GetRawText() : then.Settings);
    }
}
