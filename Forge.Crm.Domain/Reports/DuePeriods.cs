namespace Forge.Crm.Domain.Reports;

/// <summary>Which days or weeks of a report are still to be taken.</summary>
public static class DuePeriods
{
    /// <summary>How far back a missed report is caught up by itself; a person may ask for any other.</summary>
    private const int LongestDays = 35;

    /// <param name="takenThrough">The last that is final.</param>
    /// <param name="current">The one that has begun last.</param>
    /// <param name="days">How long one is: 1 or 7.</param>
    /// <returns>In their order; the current one is the last of them.</returns>
    public static IEnumerable<DateOnly> After(DateOnly takenThrough, DateOnly current, int days)
    {
        var missed = (current.DayNumber - takenThrough.DayNumber) / days;
        var due = Math.Min(missed, LongestDays / days);
        return Enumerable.Range(1 - due, Math.Max(due, 0)).Select(back => current.AddDays(back * days));
    }
}
