using System.Globalization;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Reports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Forge.Crm.Tests.Reports;

/// <summary>A hub with a past: records, and the history that they would have if they had been made and changed at the times that a test names.</summary>
internal sealed class ReportBed : IAsyncDisposable
{
    private const string Stamps = """'{"*": "2026-01-01T00:00:00.000000Z hubspot~"}'""";

    private readonly NpgsqlDataSource _relay;
    private int _count;

    private ReportBed(HubDatabase hub)
    {
        Hub = hub;
        _relay = NpgsqlDataSource.Create(hub.RelayConnectionString);
        Runs = new(hub.Tenant);
        Due = new(new RelayQueries(new RelayDatabase(_relay)), Runs, Clock, NullLogger<DueReports>.Instance);
        var statements = new ReportStatements(hub.Tenant);
        (Pipeline, Activities, Forecast) = (new(statements), new(statements), new(statements, hub.Tenant));
    }

    public HubDatabase Hub { get; }

    /// <summary>Wednesday, eleven o'clock in London.</summary>
    public FakeTimeProvider Clock { get; } = new(new(2026, 11, 25, 11, 0, 0, TimeSpan.Zero));

    public ReportRuns Runs { get; }

    public DueReports Due { get; }

    public PipelineReport Pipeline { get; }

    public ActivityReport Activities { get; }

    public ForecastReport Forecast { get; }

    public TimedReports Timed => new(Due, Pipeline, Activities, Forecast);

    public static async Task<ReportBed> CreateAsync() => new(await HubDatabase.CreateAsync());

    public static string At(string time) => $"timestamptz '{time}'";

    /// <summary>With the pipeline Sales: Meeting (20 %), Offer (80 %), Won, Lost.</summary>
    public async Task<TenantId> TenantAsync(string zone = "UTC", string currency = "USD")
    {
        var tenant = await Hub.AddTenantAsync(zone);
        await Hub.ExecuteAsync($"""
            set session_replication_role = replica;
            update crm_tenants set default_currency = '{currency}' where tenant_id = '{tenant}';
            insert into crm_stages (tenant_id, platform, pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, probability, status)
            select '{tenant}', 'hubspot', 'p', 's' || i, md5('{tenant}p')::uuid, md5('{tenant}s' || i)::uuid, 'Sales', label, i, probability, status
              from (values (0, 'Meeting', 0.2, 'open'), (1, 'Offer', 0.8, 'open'), (2, 'Won', 1, 'won'), (3, 'Lost', 0, 'lost')) s(i, label, probability, status);
            """);
        return tenant;
    }

    public static string Stage(TenantId tenant, int? stage) => stage is null ? "null" : $"md5('{tenant}s{stage}')::uuid";

    public static string Owner(TenantId tenant, int owner) => $"md5('{tenant}o{owner}')::uuid";

    public Task<string> DealAsync(
        TenantId tenant, int? stage, decimal? amount = 100m, string? currency = "USD", string created = "2026-11-01", string more = "name = 'x'") =>
        RecordAsync(tenant, "deal", "crm_deals", created,
            $"stage_id = {Stage(tenant, stage)}, amount = {Number(amount)}, currency = {Text(currency)}, close_date = '2026-12-15'", more);

    /// <summary>A record that a platform's sync made at a time, and the history row of that.</summary>
    public async Task<string> RecordAsync(TenantId tenant, string kind, string table, string created, string set, string more = "custom_fields = '{}'")
    {
        var id = $"{kind}{Interlocked.Increment(ref _count)}";
        await Hub.ExecuteAsync($"""
            set session_replication_role = replica;
            insert into {table} (tenant_id, id, field_stamps, created_at) values ('{tenant}', md5('{id}')::uuid, {Stamps}, {At(created)});
            update {table} set {set} where tenant_id = '{tenant}' and id = md5('{id}')::uuid;
            update {table} set {more} where tenant_id = '{tenant}' and id = md5('{id}')::uuid;
            insert into crm_audit_log (tenant_id, kind, record_id, action, new_value, source, changed_at, cause, at)
            values ('{tenant}', '{kind}', md5('{id}')::uuid, 'create', '{"{}"}', 'hubspot', {At(created)}, 'event', {At(created)});
            """);
        return id;
    }

    /// <summary>A field that was changed at a time, as the engine writes it down.</summary>
    public Task SetAsync(TenantId tenant, string id, string field, string? old, string value, string at, string table = "crm_deals") => Hub.ExecuteAsync($"""
        set session_replication_role = replica;
        insert into crm_audit_log (tenant_id, kind, record_id, action, field, old_value, new_value, source, changed_at, cause, at)
        values ('{tenant}', '{Kind(table)}', md5('{id}')::uuid, 'set', '{field}', {old ?? "null"}, {value}, 'hubspot', {At(at)}, 'event', {At(at)});
        update {table} set {field} = {value} where tenant_id = '{tenant}' and id = md5('{id}')::uuid;
        """);

    /// <summary>What became of a record at a time: <c>delete</c>, <c>restore</c>, <c>merge</c>.</summary>
    public Task LiveAsync(TenantId tenant, string id, string action, string at, string? into = null, string table = "crm_deals") => Hub.ExecuteAsync($"""
        set session_replication_role = replica;
        insert into crm_audit_log (tenant_id, kind, record_id, action, old_value, new_value, source, changed_at, cause, at)
        values ('{tenant}', '{Kind(table)}', md5('{id}')::uuid, '{action}', null, {(into is null ? "null" : $"md5('{into}')::uuid::text")}, 'hubspot', {At(at)}, 'event', {At(at)});
        update {table} set deleted_at = {(action == "restore" ? "null" : At(at))}, merged_into_id = {(into is null ? "null" : $"md5('{into}')::uuid")}
         where tenant_id = '{tenant}' and id = md5('{id}')::uuid;
        """);

    /// <summary>A column of the tenant that was changed at a time.</summary>
    public Task ChangeTenantAsync(TenantId tenant, string column, string old, string value, string at) => Hub.ExecuteAsync($"""
        set session_replication_role = replica;
        insert into crm_audit_log (tenant_id, kind, action, old_value, new_value, source, changed_at, cause, at)
        values ('{tenant}', 'tenant', 'configure', jsonb_build_object('{column}', {old})::text, '{"{}"}', 'supabase', {At(at)}, 'person', {At(at)});
        update crm_tenants set {column} = {value} where tenant_id = '{tenant}';
        """);

    public async Task<int> TakeAsync(IReport report, TenantId tenant, string period, string? at = null)
    {
        var past = await Runs.PastAsync(tenant, CancellationToken.None);
        var day = DateOnly.Parse(period, CultureInfo.InvariantCulture);
        var instant = at is null ? report.ClosesAt(past, day) : DateTimeOffset.Parse(at, CultureInfo.InvariantCulture);
        return await report.TakeAsync(tenant, past, day, instant, Clock.GetUtcNow(), CancellationToken.None);
    }

    public Task<List<string>> PipelineAsync(TenantId tenant, string columns = "deal_count, total_value, weighted_value", string? date = null) => Hub.RowsAsync($"""
        select {(date is null ? "snapshot_date::text, " : "")}stage, currency, {columns} from crm_pipeline_snapshots
         where tenant_id = '{tenant}' {(date is null ? "" : $"and snapshot_date = '{date}'")} order by snapshot_date, stage, currency
        """);

    public async ValueTask DisposeAsync()
    {
        await _relay.DisposeAsync();
        await Hub.DisposeAsync();
    }

    private static string Kind(string table) => table switch { "crm_deals" => "deal", "crm_activities" => "activity", "crm_tasks" => "task", _ => "contact" };

    private static string Number(decimal? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "null";

    private static string Text(string? value) => value is null ? "null" : $"'{value}'";
}
