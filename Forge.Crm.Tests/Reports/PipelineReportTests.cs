using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Reports;

public sealed class PipelineReportTests : IAsyncLifetime
{
    private ReportBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ReportBed.CreateAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task Each_stage_is_counted_and_summed_by_currency_and_weighted()
    {
        var tenant = await _bed.TenantAsync();
        var first = await _bed.DealAsync(tenant, 0, 100.50m);
        await _bed.DealAsync(tenant, 0, 200m, more: "probability = 0.5");
        await _bed.DealAsync(tenant, 0, 300m, "EUR");
        await _bed.DealAsync(tenant, 2, 1_000m, more: "status = 'won'");
        await _bed.DealAsync(tenant, null, 7m);
        // Not in any figure: lost (at Pipedrive in an open stage, at HubSpot in a stage for it), won in an open stage, deleted, merged away.
        await _bed.DealAsync(tenant, 0, 9_999m, more: "status = 'lost'");
        await _bed.DealAsync(tenant, 3, 9_999m, more: "status = 'lost'");
        await _bed.DealAsync(tenant, 3, 9_999m);
        await _bed.DealAsync(tenant, 0, 9_999m, more: "status = 'won'");
        await _bed.DealAsync(tenant, 0, 9_999m, more: "deleted_at = now()");
        await _bed.DealAsync(tenant, 0, 9_999m, more: $"merged_into_id = md5('{first}')::uuid");

        await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-25");

        (await _bed.PipelineAsync(tenant)).ShouldBe(
        [
            "2026-11-25||USD|1|7.0000|0.0000",
            "2026-11-25|Meeting|EUR|1|300.0000|60.0000",
            "2026-11-25|Meeting|USD|2|300.5000|120.1000",
            "2026-11-25|Won|USD|1|1000.0000|1000.0000",
        ]);
    }

    [Fact]
    public async Task A_probability_beyond_its_bounds_counts_as_its_bound()
    {
        var tenant = await _bed.TenantAsync();
        await _bed.DealAsync(tenant, 0, more: "probability = 5");
        await _bed.DealAsync(tenant, 1, more: "probability = -1");

        await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-25");

        (await _bed.PipelineAsync(tenant, "weighted_value", "2026-11-25")).ShouldBe(["Meeting|USD|100.0000", "Offer|USD|0.0000"]);
    }

    [Fact]
    public async Task Sums_have_the_decimals_of_their_currency_and_a_missing_one_is_the_tenants()
    {
        var tenant = await _bed.TenantAsync("Asia/Seoul", "KRW");
        await _bed.DealAsync(tenant, 0, 1_234_567m, "KRW");
        await _bed.DealAsync(tenant, 0, 3m, null);
        await _bed.DealAsync(tenant, 0, 10.01m, "USD");
        await _bed.DealAsync(tenant, 0, 10.001m, "KWD");
        await _bed.DealAsync(tenant, 0, 5m, " usd ");

        await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-25");

        (await _bed.PipelineAsync(tenant, date: "2026-11-25")).ShouldBe(
        [
            "Meeting|KRW|2|1234570.0000|246914.0000", "Meeting|KWD|1|10.0010|2.0000", "Meeting|USD|2|15.0100|3.0000",
        ]);
    }

    [Fact]
    public async Task Amounts_below_nothing_and_what_is_missing_are_counted_where_they_belong_and_told()
    {
        var tenant = await _bed.TenantAsync();
        await _bed.DealAsync(tenant, 0, 100m);
        await _bed.DealAsync(tenant, 0, -30m, more: "close_date = null");
        await _bed.DealAsync(tenant, 0, null, more: "close_date = null");
        await _bed.DealAsync(tenant, 2, 50m, more: "close_date = null, status = 'won'");

        await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-25");

        (await _bed.PipelineAsync(tenant, "deal_count, total_value, weighted_value, deals_without_amount, deals_without_close_date, deals_negative", "2026-11-25"))
            .ShouldBe(["Meeting|USD|3|70.0000|14.0000|1|2|1", "Won|USD|1|50.0000|50.0000|0|0|0"]);
    }

    [Fact]
    public async Task As_many_as_there_are_of_the_greatest_amounts_can_be_added()
    {
        var tenant = await _bed.TenantAsync();
        for (var i = 0; i < 3; i++)
            await _bed.DealAsync(tenant, 2, 999_999_999_999_999.9999m, more: "status = 'won'");

        await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-25");

        (await _bed.PipelineAsync(tenant, "total_value", "2026-11-25")).ShouldBe(["Won|USD|3000000000000000.0000"]);
    }

    [Fact]
    public async Task The_age_in_a_stage_is_since_the_last_change_of_stage_or_since_the_deal_was_made()
    {
        var tenant = await _bed.TenantAsync();
        await _bed.DealAsync(tenant, 0, created: "2026-11-15 00:00Z");
        var moved = await _bed.DealAsync(tenant, 0, created: "2026-10-01 00:00Z");
        await _bed.SetAsync(tenant, moved, "stage_id", ReportBed.Stage(tenant, 1), ReportBed.Stage(tenant, 0), "2026-11-20 12:00Z");
        await _bed.SetAsync(tenant, moved, "amount", "'1'", "'2'", "2026-11-22 00:00Z");
        await _bed.SetAsync(tenant, moved, "stage_id", ReportBed.Stage(tenant, 0), ReportBed.Stage(tenant, 1), "2026-11-25 06:00Z");

        await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-25");
        await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-26", "2026-11-26 00:00Z");

        (await _bed.PipelineAsync(tenant, "average_days_in_stage")).ShouldBe(
            ["2026-11-25|Meeting|USD|7.25", "2026-11-26|Meeting|USD|11.00", "2026-11-26|Offer|USD|0.75"]);
    }

    [Fact]
    public async Task What_came_and_what_went_since_yesterday_makes_the_difference()
    {
        var tenant = await _bed.TenantAsync();
        await _bed.DealAsync(tenant, 0); // stays
        var moved = await _bed.DealAsync(tenant, 0);
        var lost = await _bed.DealAsync(tenant, 0);
        var deleted = await _bed.DealAsync(tenant, 0);
        var there = await _bed.DealAsync(tenant, 0);
        await _bed.SetAsync(tenant, moved, "stage_id", ReportBed.Stage(tenant, 0), ReportBed.Stage(tenant, 1), "2026-11-24 10:00Z");
        await _bed.SetAsync(tenant, lost, "status", "'open'", "'lost'", "2026-11-24 11:00Z");
        await _bed.LiveAsync(tenant, deleted, "delete", "2026-11-24 12:00Z");
        await _bed.DealAsync(tenant, 0, created: "2026-11-24 13:00Z");
        // There and back, and another currency: the one moved nowhere, the other out of one row and into another.
        await _bed.SetAsync(tenant, there, "stage_id", ReportBed.Stage(tenant, 0), ReportBed.Stage(tenant, 1), "2026-11-24 10:00Z");
        await _bed.SetAsync(tenant, there, "stage_id", ReportBed.Stage(tenant, 1), ReportBed.Stage(tenant, 0), "2026-11-24 11:00Z");
        var other = await _bed.DealAsync(tenant, 0);
        await _bed.SetAsync(tenant, other, "currency", "'USD'", "'EUR'", "2026-11-24 11:00Z");

        await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-24");
        await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-25");
        await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-26", "2026-11-26 00:00Z");

        (await _bed.PipelineAsync(tenant, "deal_count, moved_in, moved_out")).ShouldBe(
        [
            "2026-11-24|Meeting|USD|6|0|0",
            "2026-11-25|Meeting|EUR|1|1|0", "2026-11-25|Meeting|USD|3|1|4", "2026-11-25|Offer|USD|1|1|0",
            "2026-11-26|Meeting|EUR|1|0|0", "2026-11-26|Meeting|USD|3|0|0", "2026-11-26|Offer|USD|1|0|0",
        ]);
    }

    [Fact]
    public async Task A_stage_that_everything_has_left_has_a_row_for_that()
    {
        var tenant = await _bed.TenantAsync();
        await _bed.SetAsync(tenant, await _bed.DealAsync(tenant, 0), "stage_id", ReportBed.Stage(tenant, 0), ReportBed.Stage(tenant, 3), "2026-11-24 10:00Z");

        await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-25");

        (await _bed.PipelineAsync(tenant, "deal_count, total_value, average_days_in_stage, moved_in, moved_out", "2026-11-25")).ShouldBe(["Meeting|USD|0|0.0000||0|1"]);
    }

    [Fact]
    public async Task Owners_have_their_part()
    {
        var tenant = await _bed.TenantAsync();
        foreach (var (owner, amount) in new[] { (1, 10m), (1, 20m), (2, 40m) })
            await _bed.DealAsync(tenant, 0, amount, more: $"owner_id = {ReportBed.Owner(tenant, owner)}");
        await _bed.DealAsync(tenant, 0, 80m);

        await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-25");

        (await _bed.Hub.RowsAsync($"""
            select coalesce((select o from generate_series(1, 2) o where md5('{tenant}o' || o)::uuid = owner_id), 0) as owner, deal_count, total_value, weighted_value
              from crm_pipeline_owner_snapshots where tenant_id = '{tenant}' order by 1
            """)).ShouldBe(["0|1|80.0000|16.0000", "1|2|30.0000|6.0000", "2|1|40.0000|8.0000"]);
    }

    [Fact]
    public async Task Taken_again_nothing_is_written_and_what_is_not_so_any_more_goes()
    {
        var tenant = await _bed.TenantAsync();
        await _bed.DealAsync(tenant, 0);
        await _bed.DealAsync(tenant, 1);
        (await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-25")).ShouldBe(2);
        var before = await AllAsync(tenant);

        (await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-25")).ShouldBe(0);
        (await AllAsync(tenant)).ShouldBe(before);

        // Somebody meddled.
        await _bed.Hub.ExecuteAsync($"""
            update crm_pipeline_snapshots set deal_count = 77, taken_at = '2026-01-01' where tenant_id = '{tenant}' and stage = 'Offer';
            update crm_pipeline_snapshots set stage_id = gen_random_uuid() where tenant_id = '{tenant}' and stage = 'Meeting';
            update crm_pipeline_owner_snapshots set owner_id = gen_random_uuid() where tenant_id = '{tenant}';
            """);
        (await _bed.TakeAsync(_bed.Pipeline, tenant, "2026-11-25")).ShouldBe(2);
        (await _bed.PipelineAsync(tenant, "deal_count", "2026-11-25")).ShouldBe(["Meeting|USD|1", "Offer|USD|1"]);
        (await _bed.Hub.ScalarAsync<long>($"select count(*) from crm_pipeline_owner_snapshots where tenant_id = '{tenant}'")).ShouldBe(2);
    }

    private Task<List<string>> AllAsync(TenantId tenant) => _bed.Hub.RowsAsync($"""
        select to_jsonb(p)::text || p.xmin from crm_pipeline_snapshots p where tenant_id = '{tenant}'
         union all select to_jsonb(o)::text || o.xmin from crm_pipeline_owner_snapshots o where tenant_id = '{tenant}' order by 1
        """);
}
