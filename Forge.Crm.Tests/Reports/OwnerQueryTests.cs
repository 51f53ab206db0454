using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Schema;
using Npgsql;

namespace Forge.Crm.Tests.Reports;

/// <summary>The three queries as they were given, asked by a tenant's people through row-level security, in the middle of a week.</summary>
public sealed class OwnerQueryTests : IAsyncLifetime
{
    private const string Pipeline = "SELECT stage, deal_count, total_value, weighted_value FROM crm_pipeline_snapshots WHERE snapshot_date = CURRENT_DATE;";

    private const string Activities =
        "SELECT owner_id, calls, emails, meetings, contacts_engaged FROM crm_activity_summaries WHERE period_start = DATE_TRUNC('week', CURRENT_DATE);";

    private const string Forecast =
        "SELECT forecast_month, committed, upside, pipeline, weighted_total FROM crm_revenue_forecasts WHERE forecast_month >= DATE_TRUNC('month', CURRENT_DATE);";

    private ReportBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ReportBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Theory]
    // Wednesday evening in Seoul, and its morning in New York; then Thursday morning there, while it is still Wednesday here.
    [InlineData("Asia/Seoul", 11)]
    [InlineData("America/New_York", 11)]
    [InlineData("Asia/Seoul", 20)]
    [InlineData("America/New_York", 20)]
    public async Task Each_shows_a_tenants_people_the_tenants_own_day_week_and_months(string zone, int hour)
    {
        // The session's day is that of the machine's clock: so that of the tests is, too, and what was made long before has no part in it.
        var wednesday = TimeProvider.System.GetUtcNow().Date;
        while (wednesday.DayOfWeek != DayOfWeek.Wednesday)
            wednesday = wednesday.AddDays(-1);
        var now = new DateTimeOffset(wednesday, TimeSpan.Zero).AddHours(hour);
        _bed.Clock.AdjustTime(now);
        var (mine, other) = (await FilledAsync(zone, now), await FilledAsync(zone, now));
        await _bed.Timed.TakePipelineAsync(CancellationToken.None);
        await _bed.Timed.TakeActivitiesAsync(CancellationToken.None);
        await _bed.Timed.TakeForecastAsync(CancellationToken.None);
        mine.ShouldNotBe(other);

        var today = new Forge.Crm.Domain.Reports.TenantCalendar(TimeZoneInfo.FindSystemTimeZoneById(zone)).DateOf(now);
        (await AskAsync(mine, Pipeline, today)).ShouldBe(["Meeting|1|100.0000|20.0000"]);
        (await AskAsync(mine, Activities, today)).ShouldBe([$"{await OwnerAsync(mine)}|1|0|0|1"]);
        var months = await AskAsync(mine, Forecast, today);
        months.Count.ShouldBe(13);
        months.ShouldContain(row => row.EndsWith("|0.0000|0.0000|100.0000|20.0000", StringComparison.Ordinal));
    }

    [Fact]
    public async Task They_are_answered_in_a_session_of_the_tenants_zone_as_they_stand()
    {
        var now = TimeProvider.System.GetUtcNow();
        _bed.Clock.AdjustTime(now);
        foreach (var zone in new[] { "Asia/Seoul", "America/New_York" })
        {
            var tenant = await FilledAsync(zone, now);
            await _bed.Timed.TakePipelineAsync(CancellationToken.None);
            await _bed.Timed.TakeActivitiesAsync(CancellationToken.None);
            await _bed.Timed.TakeForecastAsync(CancellationToken.None);

            (await AskAsync(tenant, Pipeline, zone)).ShouldBe(["Meeting|1|100.0000|20.0000"]);
            (await AskAsync(tenant, Activities, zone)).Count.ShouldBe(1);
            (await AskAsync(tenant, Forecast, zone)).Count.ShouldBe(13);
        }
    }

    private async Task<TenantId> FilledAsync(string zone, DateTimeOffset now)
    {
        var tenant = await _bed.TenantAsync(zone);
        await _bed.DealAsync(tenant, 0, created: $"{now.AddDays(-40):O}", more: $"close_date = '{now.AddMonths(2):yyyy-MM-dd}'");
        var call = await _bed.RecordAsync(
            tenant, "activity", "crm_activities", $"{now.AddMilliseconds(-1):O}", $"type = 'call', occurred_at = '{now.AddMilliseconds(-1):O}', owner_id = {ReportBed.Owner(tenant, 1)}");
        await _bed.Hub.ExecuteAsync($"""
            set session_replication_role = replica;
            insert into crm_associations (tenant_id, from_kind, from_id, to_kind, to_id, stamp) values ('{tenant}', 'activity', md5('{call}')::uuid, 'contact', gen_random_uuid(), 's')
            """);
        return tenant;
    }

    private async Task<Guid> OwnerAsync(TenantId tenant) => await _bed.Hub.ScalarAsync<Guid>($"select {ReportBed.Owner(tenant, 1)}");

    // CURRENT_DATE is the session's day: here the day is put in its place, below the session's zone is chosen.
    private Task<List<string>> AskAsync(TenantId tenant, string query, DateOnly today) =>
        AskAsync(tenant, query.Replace("CURRENT_DATE", $"DATE '{today:yyyy-MM-dd}'", StringComparison.Ordinal), "UTC");

    private async Task<List<string>> AskAsync(TenantId tenant, string query, string zone)
    {
        await using var connection = await _bed.Hub.Owner.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var claims = Caller.Person(tenant.Value, "viewer").Settings["request.jwt.claims"];
        await using (var begin = new NpgsqlCommand(
            $"set local role authenticated; select set_config('request.jwt.claims', '{claims}', true), set_config('timezone', '{zone}', true)", connection))
            await begin.ExecuteNonQueryAsync();
        await using var command = new NpgsqlCommand(query, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => Convert.ToString(reader.GetValue(i), System.Globalization.CultureInfo.InvariantCulture))));
        return rows;
    }
}
