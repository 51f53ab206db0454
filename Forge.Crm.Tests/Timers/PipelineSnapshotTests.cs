using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Timers;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Forge.Crm.Tests.Timers;

public sealed class PipelineSnapshotTests : IAsyncLifetime
{
    private const string Rows = """
        select snapshot_date::text, pipeline, stage, currency, deal_count, total_value::text, weighted_value::text
          from crm_pipeline_snapshots where tenant_id = '{0}' order by 1, 2, 3, 4
        """;

    private readonly FakeTimeProvider _clock = new(new(2026, 5, 4, 0, 0, 30, TimeSpan.Zero));
    private readonly Guid _pipeline = Guid.NewGuid();
    private readonly Guid[] _stages = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];
    private TimerHub _hub = null!;

    public async Task InitializeAsync() => _hub = await TimerHub.CreateAsync();

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task Each_stage_is_counted_and_summed_by_currency_and_weighted()
    {
        var tenant = await TenantAsync();
        await DealAsync(tenant, 0, 100.50m, "USD");
        await DealAsync(tenant, 0, 200m, "USD", "probability = 0.5");
        await DealAsync(tenant, 0, 300m, "EUR");
        await DealAsync(tenant, 0, null, null);
        await DealAsync(tenant, 1, 1_000m, "USD", "status = 'won'");
        await DealAsync(tenant, null, 7m, "USD");
        // Not in any figure: lost in an open stage (Pipedrive), deleted, merged away.
        await DealAsync(tenant, 0, 9_999m, "USD", "status = 'lost'");
        await DealAsync(tenant, 0, 9_999m, "USD", "deleted_at = now()");
        await DealAsync(tenant, 0, 9_999m, "USD", $"merged_into_id = (select id from crm_deals where tenant_id = '{tenant}' and amount = 100.50)");

        (await Snapshots().TakeDueAsync(CancellationToken.None)).ShouldBe(4);

        (await RowsAsync(tenant)).ShouldBe(
        [
            "2026-05-04|||USD|1|7.0000|0.0000",
            "2026-05-04|Sales|Meeting|EUR|1|300.0000|60.0000",
            "2026-05-04|Sales|Meeting|USD|3|300.5000|120.1000",
            "2026-05-04|Sales|Won|USD|1|1000.0000|1000.0000",
        ]);
    }

    [Fact]
    public async Task A_snapshot_is_taken_once_a_day_and_not_touched_by_a_later_run()
    {
        var tenant = await TenantAsync();
        await DealAsync(tenant, 0, 100m, "USD");
        await Snapshots().TakeDueAsync(CancellationToken.None);
        var taken = await RowsAsync(tenant);

        await DealAsync(tenant, 0, 200m, "USD");
        await DealAsync(tenant, 1, 1m, "EUR", "status = 'won'");
        _clock.Advance(TimeSpan.FromHours(20));
        (await Snapshots().TakeDueAsync(CancellationToken.None)).ShouldBe(0);
        (await RowsAsync(tenant)).ShouldBe(taken);

        _clock.Advance(TimeSpan.FromHours(4));
        (await Snapshots().TakeDueAsync(CancellationToken.None)).ShouldBe(2);
    }

    [Fact]
    public async Task Every_tenants_day_begins_at_its_own_midnight()
    {
        var (utc, newYork, kathmandu, nowhere) = (
            await TenantAsync(), await TenantAsync("America/New_York"), await TenantAsync("Asia/Kathmandu"), await TenantAsync("Middle/Earth"));
        foreach (var tenant in new[] { utc, newYork, kathmandu, nowhere })
            await DealAsync(tenant, 0, 1m, "USD");

        await Snapshots().TakeDueAsync(CancellationToken.None);

        (await DatesAsync(utc)).ShouldBe(["2026-05-04"]);
        (await DatesAsync(newYork)).ShouldBe(["2026-05-03"]);
        (await DatesAsync(kathmandu)).ShouldBe(["2026-05-04"]);
        (await DatesAsync(nowhere)).ShouldBe(["2026-05-04"]);
    }

    [Fact]
    public async Task Forty_timers_on_two_instances_take_it_once()
    {
        var tenant = await TenantAsync();
        for (var i = 0; i < 20; i++)
            await DealAsync(tenant, 0, 1m, "USD");
        await using var other = NpgsqlDataSource.Create(_hub.Hub.RelayConnectionString);
        var relay = NpgsqlDataSource.Create(_hub.Hub.RelayConnectionString);
        var works = new[] { relay, other }.Select(Work).ToList();

        var did = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => works[i % 2].TakePipelineSnapshotsAsync(CancellationToken.None)));

        did.Count(isMine => isMine).ShouldBe(1);
        (await RowsAsync(tenant)).ShouldBe(["2026-05-04|Sales|Meeting|USD|20|20.0000|4.0000"]);
        await relay.DisposeAsync();
    }

    private TimedWork Work(NpgsqlDataSource relay) => new(
        new(new RelayDatabase(relay), TimeProvider.System, NullLogger<Leases>.Instance), null!, null!, Snapshots(new(new RelayDatabase(relay))), null!, null!);

    private PipelineSnapshots Snapshots(RelayQueries? relay = null) =>
        new(_hub.Hub.Tenant, relay ?? _hub.Queries, _clock, NullLogger<PipelineSnapshots>.Instance);

    private async Task<TenantId> TenantAsync(string zone = "UTC")
    {
        var tenant = await _hub.AddTenantAsync(zone: zone);
        await _hub.Hub.ExecuteAsync($"""
            insert into crm_stages (tenant_id, platform, pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, probability, status)
            values ('{tenant}', 'hubspot', 'p', 's0', '{_pipeline}', '{_stages[0]}', 'Sales', 'Meeting', 0, 0.2, 'open'),
                   ('{tenant}', 'hubspot', 'p', 's1', '{_pipeline}', '{_stages[1]}', 'Sales', 'Won', 1, 1, 'won'),
                   ('{tenant}', 'hubspot', 'p', 's2', '{_pipeline}', '{_stages[2]}', 'Sales', 'Lost', 2, 0, 'lost')
            """);
        return tenant;
    }

    private Task DealAsync(TenantId tenant, int? stage, decimal? amount, string? currency, string more = "name = 'x'")
    {
        var id = Guid.NewGuid();
        var stageId = stage is { } known ? $"'{_stages[known]}'" : "null";
        var money = amount?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null";
        return _hub.Hub.ExecuteAsync($"""
            insert into crm_deals (tenant_id, id, stage_id, amount, currency)
            values ('{tenant}', '{id}', {stageId}, {money}, {(currency is null ? "null" : $"'{currency}'")});
            update crm_deals set {more} where tenant_id = '{tenant}' and id = '{id}'
            """);
    }

    private Task<List<string>> RowsAsync(TenantId tenant) => _hub.Hub.RowsAsync(Rows.Replace("{0}", tenant.ToString(), StringComparison.Ordinal));

    private async Task<List<string>> DatesAsync(TenantId tenant) => [.. (await RowsAsync(tenant)).Select(row => row.Split('|')[0])];
}
