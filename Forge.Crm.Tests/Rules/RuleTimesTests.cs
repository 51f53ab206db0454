using Forge.Crm.Domain.Rules;

namespace Forge.Crm.Tests.Rules;

public sealed class RuleTimesTests
{
    [Theory]
    [InlineData("2026-11-30", 3, false, "UTC", "2026-12-03")]
    [InlineData("2026-11-30", -1, false, "UTC", "2026-11-29")]
    [InlineData("2026-12-03", 3, true, "UTC", "2026-12-08")] // Thursday: Friday, Monday, Tuesday
    [InlineData("2026-12-05", 1, true, "UTC", "2026-12-07")] // Saturday
    [InlineData("2026-12-07", -1, true, "UTC", "2026-12-04")]
    [InlineData("2026-03-07T14:00:00Z", 1, false, "America/New_York", "2026-03-08T13:00:00Z")] // nine o'clock stays nine o'clock
    [InlineData("2026-03-07T07:30:00Z", 1, false, "America/New_York", "2026-03-08T07:00:00Z")] // half past two is not there that day
    [InlineData("2026-10-31T05:30:00Z", 1, false, "America/New_York", "2026-11-01T05:30:00Z")] // there twice: the first
    [InlineData("2026-11-30T16:00:00Z", 1, false, "Asia/Seoul", "2026-12-01T16:00:00Z")]
    [InlineData("soon", 1, false, "UTC", null)]
    [InlineData(null, 1, false, "UTC", null)]
    public void Days_later_keep_the_time_on_the_clock(string? text, int days, bool isWorking, string zone, string? later) =>
        RuleTimes.Plus(text, days, isWorking, TimeZoneInfo.FindSystemTimeZoneById(zone)).ShouldBe(later);

    [Theory]
    [InlineData("2026-12-03", "09:00", "Asia/Seoul", "2026-12-03T00:00:00Z")]
    [InlineData("2026-11-30T16:00:00Z", "09:00", "Asia/Seoul", "2026-12-01T00:00:00Z")] // already the next day there
    [InlineData("2026-12-03", "9", "Asia/Seoul", null)]
    public void A_time_of_day_is_the_tenants(string text, string time, string zone, string? at) =>
        RuleTimes.At(text, time, TimeZoneInfo.FindSystemTimeZoneById(zone)).ShouldBe(at);
}
