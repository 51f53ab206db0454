using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Reports;

namespace Forge.Crm.Adapters.Reports;

/// <summary>How far each report of a tenant has been taken (<c>crm_report_runs</c>), and what its days and weeks go by.</summary>
internal sealed class ReportRuns(TenantDatabase database)
{
    private const string SelectTenant = "select time_zone, default_currency, settings::text from crm_tenants where tenant_id = $1";

    private const string SelectChanges = """
        select at, old_value from crm_audit_log
         where tenant_id = $1 and kind = 'tenant' and action = 'configure' and old_value is not null order by id
        """;

    private const string SelectRun = "select taken_through from crm_report_runs where tenant_id = $1 and report = $2";

    private const string Note = """
        insert into crm_report_runs as r (tenant_id, report, taken_through) values ($1, $2, $3)
            on conflict (tenant_id, report) do update set taken_through = excluded.taken_through where r.taken_through < excluded.taken_through
        """;

    public async Task<TenantPast> PastAsync(TenantId tenant, CancellationToken ct) => (await LoadAsync(tenant, "", ct)).Past;

    /// <returns>With the last period that is final; null where none was ever taken.</returns>
    public async Task<(TenantPast Past, DateOnly? TakenThrough)> LoadAsync(TenantId tenant, string report, CancellationToken ct)
    {
        var now = new TenantConventions("UTC", "USD", "{}");
        var changes = new List<ConventionChange>();
        DateOnly? through = null;
        await using var transaction = await database.BeginAsync(tenant, ct);
        await transaction.ReadAsync(
        [
            (Sql.Command(SelectTenant, Sql.Value(tenant.Value)), row => now = new(row.GetString(0), row.GetString(1), row.GetString(2))),
            (Sql.Command(SelectChanges, Sql.Value(tenant.Value)), row => changes.Add(new(row.GetFieldValue<DateTimeOffset>(0), row.GetString(1)))),
            (Sql.Command(SelectRun, Sql.Value(tenant.Value), Sql.Text(report)), row => through = row.GetFieldValue<DateOnly>(0)),
        ], ct);
        return (new(now, changes, Zone), through);
    }

    public Task NoteAsync(TenantId tenant, string report, DateOnly takenThrough, CancellationToken ct) => database.ExecuteAsync(
        tenant, [Sql.Command(Note, Sql.Value(tenant.Value), Sql.Text(report), Sql.Value(takenThrough))], ct);

    private static TimeZoneInfo Zone(string id) => TimeZoneInfo.TryFindSystemTimeZoneById(id, out var known) ? known : TimeZoneInfo.Utc;
}
