using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Reports;

namespace Forge.Crm.Adapters.Reports;

/// <summary>What a tenant has set about its reports, in <c>crm_tenants.settings</c>.</summary>
public sealed class ReportSettingsStore
{
    private const string Select = "select settings::text from crm_tenants where tenant_id = $1";

    private const string Update = """
        update crm_tenants set settings = case jsonb_typeof(settings) when 'object' then settings else '{}' end || jsonb_build_object($2::text, $3::jsonb)
         where tenant_id = $1
        """;

    private readonly TenantDatabase _database;

    internal ReportSettingsStore(TenantDatabase database) => _database = database;

    /// <exception cref="FormatException">What was written past the API cannot be read; the message names place and remedy.</exception>
    public async Task<ReportSettings> FindAsync(TenantId tenant, CancellationToken ct) => ReportSettings.Of(
        (await _database.QueryAsync(tenant, Sql.Command(Select, Sql.Value(tenant.Value)), row => row.GetString(0), ct)).SingleOrDefault() ?? "{}");

    /// <param name="person">As their token names them; stands in the history.</param>
    /// <exception cref="FormatException">They contradict themselves; the message names place and remedy. Nothing was saved.</exception>
    public Task SetAsync(TenantId tenant, ReportSettings settings, string person, CancellationToken ct) => _database.ExecuteAsync(
        tenant,
        [
            StrategySettings.ActFor(person),
            Sql.Command(Update, Sql.Value(tenant.Value), Sql.Text(ReportSettings.Member), Sql.Json(settings.Checked().ToJson())),
        ],
        ct);
}
