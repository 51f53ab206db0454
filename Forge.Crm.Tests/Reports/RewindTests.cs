using System.Globalization;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Reports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Reports;

/// <summary>A report of an instant says the same whenever it is taken: just then, or after whatever was changed since.</summary>
public sealed class RewindTests : IAsyncLifetime
{
    private const int Deals = 40;
    private const string Stamps = """jsonb_build_object('*', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || ' hubspot')""";

    private ReportBed _bed = null!;
    private TenantId _tenant;
    private Random _random = null!;

    public async Task InitializeAsync()
    {
        _bed = await ReportBed.CreateAsync();
        _tenant = await _bed.TenantAsync();
    }

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public async Task Taken_late_every_report_is_what_it_was_on_time(int seed)
    {
        _random = new(seed);
        await FillAsync();
        await EditAsync(60);
        var before = await ClockAsync();
        await EditAsync(60);
        var at = await ClockAsync();

        await TakeAsync(before, at);
        var onTime = await RowsAsync();
        (await CurrentAsync()).ShouldBe(await SumsAsync()); // a plain query of the present agrees

        await EditAsync(150);
        (await CurrentAsync()).ShouldNotBe(await SumsAsync());
        (await TakeAsync(before, at)).ShouldBe(0);
        (await RowsAsync()).ShouldBe(onTime);

        // Also where nothing is left of what was taken on time.
        await _bed.Hub.ExecuteAsync(string.Join(';', Tables.Select(table => $"delete from {table}")));
        await TakeAsync(before, at);
        (await RowsAsync()).ShouldBe(onTime);
    }

    [Fact]
    public async Task What_is_erased_counts_in_no_report_that_is_taken_afterwards()
    {
        var deal = await _bed.DealAsync(_tenant, 0);
        await _bed.DealAsync(_tenant, 0);
        await _bed.SetAsync(_tenant, deal, "amount", "'1'", "'100'", "2026-11-25 10:00Z");
        await _bed.Hub.Tenant.ExecuteAsync(_tenant, [Sql.Command($"select crm_erase_record('{_tenant}', 'deal', md5('{deal}')::uuid)")], CancellationToken.None);

        await _bed.TakeAsync(_bed.Pipeline, _tenant, "2026-11-25");
        await _bed.TakeAsync(_bed.Activities, _tenant, "2026-11-23");

        (await _bed.PipelineAsync(_tenant, date: "2026-11-25")).ShouldBe(["Meeting|USD|1|100.0000|20.0000"]);
    }

    [Fact]
    public async Task A_merge_that_another_platform_tells_of_again_does_not_bring_the_merged_deal_back()
    {
        var (kept, merged) = (await _bed.DealAsync(_tenant, 0), await _bed.DealAsync(_tenant, 0));
        await _bed.LiveAsync(_tenant, merged, "merge", "2026-11-20 10:00Z", kept);
        await _bed.LiveAsync(_tenant, merged, "merge", "2026-11-25 10:00Z", kept);
        // Another name of the same record.
        await _bed.Hub.ExecuteAsync($"""
            insert into crm_audit_log (tenant_id, kind, record_id, action, old_value, new_value, source, changed_at, cause, at)
            values ('{_tenant}', 'deal', md5('{kept}')::uuid, 'merge', '7', md5('{kept}')::uuid::text, 'hubspot', '2026-11-25 11:00Z', 'event', '2026-11-25 11:00Z')
            """);

        foreach (var day in new[] { "2026-11-20", "2026-11-25" })
            await _bed.TakeAsync(_bed.Pipeline, _tenant, day);

        (await _bed.PipelineAsync(_tenant, "deal_count")).ShouldBe(["2026-11-20|Meeting|USD|2", "2026-11-25|Meeting|USD|1"]);
    }

    private static readonly string[] Tables =
    [
        "crm_pipeline_snapshots", "crm_pipeline_owner_snapshots", "crm_activity_summaries", "crm_revenue_forecasts", "crm_revenue_forecast_history", "crm_revenue_forecast_gaps",
    ];

    private async Task FillAsync()
    {
        for (var i = 0; i < Deals; i++)
            await InsertAsync(i);
        await _bed.Hub.ExecuteAsync($"""
            insert into crm_owners (tenant_id, platform, external_id, owner_id) select '{_tenant}', 'hubspot', o, md5('{_tenant}o' || o)::uuid from generate_series(1, 4) o;
            insert into crm_contacts (tenant_id, id, first_name) select '{_tenant}', md5('{_tenant}contact' || i)::uuid, 'C' from generate_series(0, 9) i;
            insert into crm_activities (tenant_id, id, type, occurred_at, owner_id)
            select '{_tenant}', md5('{_tenant}activity' || i)::uuid, (array['call', 'email', 'meeting', 'note'])[1 + i % 4], timestamptz '2026-11-24' + i * interval '3 hours',
                   md5('{_tenant}o' || 1 + i % 3)::uuid from generate_series(0, 39) i;
            insert into crm_tasks (tenant_id, id, status, owner_id) select '{_tenant}', md5('{_tenant}task' || i)::uuid, 'not_started', md5('{_tenant}o' || 1 + i % 3)::uuid from generate_series(0, 19) i;
            insert into crm_associations (tenant_id, from_kind, from_id, to_kind, to_id)
            select '{_tenant}', 'activity', md5('{_tenant}activity' || i)::uuid, k, md5('{_tenant}' || k || i % 10)::uuid from generate_series(0, 39) i, unnest(array['contact', 'deal']) k;
            """);
    }

    private Task InsertAsync(int i) => _bed.Hub.ExecuteAsync($"""
        insert into crm_deals (tenant_id, id, name, stage_id, amount, currency, status, probability, close_date, owner_id)
        values ('{_tenant}', {Id("deal", i)}, 'D', {Stage()}, {Amount()}, {Any("'USD'", "'EUR'", "' eur'", "null")}, {Any("'open'", "'open'", "'won'", "null")},
                {Any("null", "null", "0.65")}, {Any("'2026-12-24'", "'2026-11-30'", "'2026-10-01'", "null", "'2029-01-01'")}, {Any("null", Person())})
        """);

    private async Task EditAsync(int edits)
    {
        for (var i = 0; i < edits; i++)
            await _bed.Hub.ExecuteAsync(Edit());
    }

    // People's edits are captured by triggers; what a platform's sync does is written here as the engine writes it: with a stamp and its own history.
    private string Edit() => _random.Next(16) switch
    {
        0 => Person("deal", $"stage_id = {Stage()}"),
        1 => Person("deal", $"amount = {Amount()}, currency = {Any("'USD'", "'EUR'", "null")}"),
        2 => Person("deal", $"status = {Any("'open'", "'won'", "'lost'", "null")}, probability = {Any("null", "0.9", "0.1")}"),
        3 => Person("deal", $"close_date = {Any("null", "'2026-12-01'", "'2027-03-31'")}, owner_id = {Any("null", Person())}"),
        4 => Engine("deal", "amount", Any("'7'", "'12.5'", "'-3'")),
        5 => Engine("deal", "stage_id", $"{Stage()}::text", "::uuid"),
        6 => Person("deal", $"deleted_at = {Any("null", "clock_timestamp()")}"),
        7 => Merge(),
        8 => $"update crm_stages set probability = {Any("0.3", "0.75", "null")}, label = {Any("'Offer'", "'Meeting'")} where tenant_id = '{_tenant}' and external_id = '{Any("s0", "s1")}'",
        9 => Person("activity", $"occurred_at = timestamptz '2026-11-24' + {_random.Next(200)} * interval '1 hour', owner_id = {Person()}"),
        10 => Person("activity", $"deleted_at = {Any("null", "clock_timestamp()")}, type = {Any("'call'", "'note'")}"),
        11 => Person("task", $"status = {Any("'completed'", "'not_started'")}, completed_at = {Any("null", "null", "'2026-11-25 10:00Z'", "'2026-11-10 10:00Z'")}"),
        12 => $"update crm_associations set {Any("is_primary = not is_primary", "deleted_at = clock_timestamp()", "deleted_at = null")} where tenant_id = '{_tenant}' and from_id = {Id("activity", _random.Next(40))} and to_kind = '{Any("contact", "deal")}'",
        13 => $"update crm_tenants set {Any("default_currency = 'EUR'", "default_currency = 'USD'", """settings = '{"reports": {"committed_from": 0.6}}'""", "settings = '{}'")} where tenant_id = '{_tenant}'",
        14 => $"update crm_owners set active = {Any("true", "false")} where tenant_id = '{_tenant}' and external_id = '{1 + _random.Next(4)}'",
        _ => Engine("deal", "close_date", Any("'2026-11-28'", "'2026-12-31'"), "::date"),
    };

    private string Person(string kind, string set) =>
        $"update {Table(kind)} set {set} where tenant_id = '{_tenant}' and id = {Id(kind, _random.Next(kind == "task" ? 20 : Deals))}";

    private string Engine(string kind, string field, string value, string type = "::numeric")
    {
        var of = $"tenant_id = '{_tenant}' and id = {Id(kind, _random.Next(Deals))}";
        return $"""
            insert into crm_audit_log (tenant_id, kind, record_id, action, field, old_value, new_value, source, changed_at, cause)
            select tenant_id, '{kind}', id, 'set', '{field}', trim_scale(case '{type}' when '::numeric' then {field}::text::numeric end)::text, {value}, 'hubspot', clock_timestamp(), 'event'
              from {Table(kind)} where {of} and '{type}' = '::numeric';
            insert into crm_audit_log (tenant_id, kind, record_id, action, field, old_value, new_value, source, changed_at, cause)
            select tenant_id, '{kind}', id, 'set', '{field}', {field}::text, {value}, 'hubspot', clock_timestamp(), 'event' from {Table(kind)} where {of} and '{type}' <> '::numeric';
            update {Table(kind)} set {field} = ({value}){type}, field_stamps = {Stamps} where {of};
            """;
    }

    private string Merge()
    {
        var (kind, loser, into) = (Any("deal", "contact"), _random.Next(10), _random.Next(10));
        return loser == into ? "select 1" : $"""
            insert into crm_audit_log (tenant_id, kind, record_id, action, old_value, new_value, source, changed_at, cause)
            values ('{_tenant}', '{kind}', {Id(kind, loser)}, 'merge', '{loser}', {Id(kind, into)}::text, 'hubspot', clock_timestamp(), 'event');
            update {Table(kind)} set merged_into_id = {Id(kind, into)}, deleted_at = coalesce(deleted_at, clock_timestamp()), field_stamps = {Stamps} || jsonb_build_object('deleted', {Stamps} ->> '*')
             where tenant_id = '{_tenant}' and id = {Id(kind, loser)} and merged_into_id is null;
            """;
    }

    // As the timers do, but for instants between the edits instead of midnights.
    private async Task<int> TakeAsync(DateTimeOffset before, DateTimeOffset at)
    {
        var past = await _bed.Runs.PastAsync(_tenant, CancellationToken.None);
        var pipeline = Sql.Command(
            PipelineSql.Take, Sql.Value(_tenant.Value), Sql.Value(new DateOnly(2026, 11, 25)), Sql.Time(at), Sql.Time(before), Sql.Text(past.AsOf(at).Currency));
        var rows = await new ReportStatements(_bed.Hub.Tenant).ExecuteAsync(_tenant, "pipeline", pipeline, CancellationToken.None);
        foreach (var report in new IReport[] { _bed.Activities, _bed.Forecast })
            rows += await report.TakeAsync(_tenant, past, report.PeriodOf(new(2026, 11, 25)), at, at, CancellationToken.None);
        return rows;
    }

    private async Task<DateTimeOffset> ClockAsync() =>
        new(await _bed.Hub.ScalarAsync<DateTime>("select clock_timestamp()"), TimeSpan.Zero);

    private Task<List<string>> RowsAsync() => _bed.Hub.RowsAsync(string.Join(" union all ", Tables.Select(table =>
        $"select '{table}' || (to_jsonb(r) - '{{taken_at,updated_at}}'::text[])::text from {table} r where tenant_id = '{_tenant}'")) + " order by 1");

    private Task<List<string>> SumsAsync() => _bed.Hub.RowsAsync($"""
        select upper(currency), sum(deal_count), sum(total_value) from crm_pipeline_snapshots where tenant_id = '{_tenant}' and deal_count > 0 group by 1 order by 1
        """);

    private Task<List<string>> CurrentAsync() => _bed.Hub.RowsAsync($"""
        select upper(trim(coalesce(d.currency, t.default_currency))), count(*), round(sum(coalesce(d.amount, 0)), 2)::numeric(28,4)
          from crm_deals d join crm_tenants t using (tenant_id) left join crm_stages s on s.tenant_id = d.tenant_id and s.stage_id = d.stage_id
         where d.tenant_id = '{_tenant}' and d.deleted_at is null and d.merged_into_id is null and coalesce(d.status, s.status, 'open') = coalesce(s.status, 'open')
           and coalesce(d.status, '') <> 'lost' and coalesce(s.status, '') <> 'lost'
         group by 1 order by 1
        """);

    private string Id(string kind, int i) => $"md5('{_tenant}{kind}{i}')::uuid";

    private string Stage() => _random.Next(6) == 0 ? "null::uuid" : ReportBed.Stage(_tenant, _random.Next(4));

    private string Person() => ReportBed.Owner(_tenant, 1 + _random.Next(4));

    private string Amount() => Any("null", "-5", _random.Next(1, 1000).ToString(CultureInfo.InvariantCulture), "10.25");

    private string Any(params string[] of) => of[_random.Next(of.Length)];

    private static string Table(string kind) => kind switch { "deal" => "crm_deals", "activity" => "crm_activities", "task" => "crm_tasks", _ => "crm_contacts" };
}
