using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Records;

public sealed class StampTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1_790_000_000_456, "2026-09-21T14:13:20.456Z")]
    [InlineData(1_790_000_000, "2026-09-21T14:13:20.000Z")]
    [InlineData(99_999_999_999, "5138-11-16T09:46:39.000Z")]
    [InlineData(100_000_000_000, "1973-03-03T09:46:40.000Z")]
    [InlineData(0, "1970-01-01T00:00:00.000Z")]
    public void A_number_is_milliseconds_or_seconds_by_its_size(long number, string at) =>
        Stamp.FromEpoch(number).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture).ShouldBe(at);

    [Fact]
    public void A_time_that_lies_ahead_is_cut_to_when_it_was_heard_of_and_no_longer_exact() =>
        new Stamp(Noon.AddYears(1), Platform.HubSpot).NotAfter(Noon).ShouldBe(new Stamp(Noon, Platform.HubSpot, IsApproximate: true));

    [Fact]
    public void A_time_that_does_not_stays_as_it_is() => new Stamp(Noon, Platform.HubSpot).NotAfter(Noon).ShouldBe(new Stamp(Noon, Platform.HubSpot));

    [Fact]
    public void A_successor_is_at_least_a_microsecond_later()
    {
        var older = new Stamp(Noon, Platform.Supabase);
        new Stamp(Noon.AddDays(-1), Platform.HubSpot).After(older).ShouldBe(new Stamp(Noon.AddMicroseconds(1), Platform.HubSpot));
        new Stamp(Noon.AddDays(1), Platform.HubSpot).After(older).ShouldBe(new Stamp(Noon.AddDays(1), Platform.HubSpot));
    }
}
