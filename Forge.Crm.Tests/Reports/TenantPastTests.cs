using Forge.Crm.Domain.Reports;

namespace Forge.Crm.Tests.Reports;

public sealed class TenantPastTests
{
    private static readonly TenantConventions Now = new("Asia/Seoul", "KRW", """{"reports":{"committed_from":0.9}}""");

    [Fact]
    public void What_counted_at_an_instant_is_what_nothing_has_changed_since()
    {
        var past = Past(
            Change(10, """{"name":"Old"}"""), Change(11, """{"time_zone":"UTC","default_currency":"EUR"}"""), Change(12, """{"default_currency":"USD","settings":{}}"""));

        past.AsOf(At(11)).ShouldBe(new("UTC", "EUR", "{}"));
        past.AsOf(At(12)).ShouldBe(new("Asia/Seoul", "USD", "{}"));
        past.AsOf(At(12).AddTicks(1)).ShouldBe(Now);
    }

    [Fact]
    public void A_new_zone_counts_from_the_next_day_on_whenever_somebody_asks()
    {
        var before = new TenantPast(Now with { TimeZone = "America/New_York" }, [], Zone);
        var after = Past(Change(11, """{"time_zone":"America/New_York"}""")); // at eleven on the 25th, UTC

        foreach (var past in new[] { before, after })
            past.StartOf(new(2026, 11, 25)).ShouldBe(new(2026, 11, 25, 5, 0, 0, TimeSpan.Zero));
        after.StartOf(new(2026, 11, 26)).ShouldBe(new(2026, 11, 26, 5, 0, 0, TimeSpan.Zero)); // it had begun in Kiritimati
        after.StartOf(new(2026, 11, 27)).ShouldBe(new(2026, 11, 26, 15, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public void Settings_that_could_not_be_read_then_are_those_that_mended_them()
    {
        var past = Past(Change(10, """{"settings":{}}"""), Change(12, """{"settings":{"reports":7}}"""));
        past.SettingsAt(At(10)).ShouldBe(new());
        past.SettingsAt(At(11)).CommittedFrom.ShouldBe(0.9m);

        var broken = new TenantPast(Now with { Settings = """{"reports":7}""" }, [Change(10, """{"settings":{}}""")], Zone);
        broken.SettingsAt(At(10)).ShouldBe(new());
        Should.Throw<FormatException>(() => broken.SettingsAt(At(11)));
    }

    [Theory]
    [InlineData("{}", 0.8, 0.5, 24)]
    [InlineData("[]", 0.8, 0.5, 24)]
    [InlineData("""{"reports":{}}""", 0.8, 0.5, 24)]
    [InlineData("""{"other":1,"reports":{"committed_from":0.9,"week_open_hours":0}}""", 0.9, 0.5, 0)]
    public void Settings_that_are_left_out_have_their_defaults(string json, double committed, double upside, int hours) =>
        ReportSettings.Of(json).ShouldBe(new((decimal)committed, (decimal)upside, hours));

    [Theory]
    [InlineData("""{"reports":7}""", "settings.reports cannot be read")]
    [InlineData("""{"reports":{"committed_from":"much"}}""", "committed_from")]
    [InlineData("""{"reports":{"committed_from":80}}""", "write 0.8 for 80 %")]
    [InlineData("""{"reports":{"upside_from":-0.1}}""", "write 0.5 for 50 %")]
    [InlineData("""{"reports":{"upside_from":0.9}}""", "greater than committed_from")]
    [InlineData("""{"reports":{"week_open_hours":1000}}""", "0 to 336")]
    public void Settings_that_make_no_sense_are_refused_with_place_and_remedy(string json, string message) =>
        Should.Throw<FormatException>(() => ReportSettings.Of(json)).Message.ShouldContain(message);

    [Fact]
    public void Settings_are_read_as_they_are_written()
    {
        var settings = new ReportSettings(0.75m, 0.25m, 48);
        ReportSettings.Of($$"""{"reports":{{settings.ToJson()}}}""").ShouldBe(settings);
    }

    private static TenantPast Past(params ConventionChange[] changes) => new(Now, changes, Zone);

    private static TimeZoneInfo Zone(string id) => TimeZoneInfo.FindSystemTimeZoneById(id);

    private static ConventionChange Change(int hour, string was) => new(At(hour), was);

    private static DateTimeOffset At(int hour) => new(2026, 11, 25, hour, 0, 0, TimeSpan.Zero);
}
