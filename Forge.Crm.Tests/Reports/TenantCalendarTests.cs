using Forge.Crm.Domain.Reports;

namespace Forge.Crm.Tests.Reports;

public sealed class TenantCalendarTests
{
    [Theory]
    [InlineData("UTC", "2026-11-25", "2026-11-25T00:00:00Z")]
    [InlineData("Asia/Seoul", "2026-11-25", "2026-11-24T15:00:00Z")]
    [InlineData("America/New_York", "2026-11-25", "2026-11-25T05:00:00Z")]
    [InlineData("Asia/Kathmandu", "2026-11-25", "2026-11-24T18:15:00Z")]
    // Clocks change at two o'clock: the days of the change are 23 and 25 hours long.
    [InlineData("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z")]
    [InlineData("America/New_York", "2026-03-09", "2026-03-09T04:00:00Z")]
    [InlineData("America/New_York", "2026-11-01", "2026-11-01T04:00:00Z")]
    [InlineData("America/New_York", "2026-11-02", "2026-11-02T05:00:00Z")]
    // By half an hour.
    [InlineData("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z")]
    [InlineData("Australia/Lord_Howe", "2026-04-06", "2026-04-05T13:30:00Z")]
    [InlineData("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00Z")]
    [InlineData("Australia/Lord_Howe", "2026-10-05", "2026-10-04T13:00:00Z")]
    // There is no midnight: it is one o'clock at once.
    [InlineData("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z")]
    [InlineData("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00Z")]
    // Midnight comes twice (clocks go from one o'clock back to it): the first.
    [InlineData("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z")]
    // Clocks go from midnight back to eleven: the day begins an hour later.
    [InlineData("America/Sao_Paulo", "2019-02-17", "2019-02-17T03:00:00Z")]
    public void A_day_begins_at_its_first_instant(string zone, string day, string expected) =>
        Calendar(zone).StartOf(Day(day)).ShouldBe(At(expected));

    [Fact]
    public void Every_day_of_every_zone_begins_where_the_one_before_it_ends()
    {
        foreach (var zone in TimeZoneInfo.GetSystemTimeZones())
        {
            var calendar = new TenantCalendar(zone);
            for (var day = Day("2025-12-31"); day <= Day("2027-01-02"); day = day.AddDays(1))
            {
                var start = calendar.StartOf(day);
                calendar.DateOf(start).ShouldBe(day, zone.Id);
                calendar.DateOf(start.AddTicks(-1)).ShouldBe(day.AddDays(-1), zone.Id);
            }
        }
    }

    [Theory]
    [InlineData("2026-11-23", "2026-11-23")]
    [InlineData("2026-11-25", "2026-11-23")]
    [InlineData("2026-11-29", "2026-11-23")]
    [InlineData("2026-11-30", "2026-11-30")]
    [InlineData("2027-01-01", "2026-12-28")]
    public void A_week_begins_on_Monday(string day, string monday) => TenantCalendar.WeekOf(Day(day)).ShouldBe(Day(monday));

    [Theory]
    [InlineData("2026-11-01", "2026-11-01")]
    [InlineData("2024-02-29", "2024-02-01")]
    public void A_month_begins_on_its_first(string day, string first) => TenantCalendar.MonthOf(Day(day)).ShouldBe(Day(first));

    [Theory]
    [InlineData("2026-11-24", "2026-11-25", 1, "2026-11-25")]
    [InlineData("2026-11-25", "2026-11-25", 1, "")]
    [InlineData("2026-11-26", "2026-11-25", 1, "")]
    [InlineData("2026-11-22", "2026-11-25", 1, "2026-11-23 2026-11-24 2026-11-25")]
    [InlineData("2026-11-09", "2026-11-23", 7, "2026-11-16 2026-11-23")]
    public void What_was_missed_is_due_in_its_order(string through, string current, int days, string expected) =>
        string.Join(' ', DuePeriods.After(Day(through), Day(current), days).Select(day => $"{day:yyyy-MM-dd}")).ShouldBe(expected);

    [Theory, InlineData(1, 35), InlineData(7, 5)]
    public void No_more_than_five_weeks_are_caught_up(int days, int expected)
    {
        var due = DuePeriods.After(Day("2020-01-06"), Day("2026-11-23"), days).ToList();
        due.Count.ShouldBe(expected);
        due[^1].ShouldBe(Day("2026-11-23"));
    }

    private static TenantCalendar Calendar(string zone) => new(TimeZoneInfo.FindSystemTimeZoneById(zone));

    private static DateOnly Day(string text) => DateOnly.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
