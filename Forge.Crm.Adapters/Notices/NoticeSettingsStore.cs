using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Notices;

/// <summary>A tenant's <see cref="NoticeSettings"/>, read and set.</summary>
public sealed class NoticeSettingsStore
{
    private const string Select = "select (settings -> 'notices')::text from crm_tenants where tenant_id = $1";

    private const string Update = "update crm_tenants set settings = settings || jsonb_build_object('notices', $2::jsonb) where tenant_id = $1";

    // Whom the history of settings names; see crm_note_settings.
    private const string Act = "select set_config('app.actor', $1, true)";

    private readonly TenantDatabase _database;

    internal NoticeSettingsStore(TenantDatabase database) => _database = database;

    /// <returns>With <c>Problem</c>: why what is set cannot be read, and the defaults count instead. Null where the tenant is not there.</returns>
    public async Task<(NoticeSettings Settings, string? Problem)?> FindAsync(TenantId tenant, CancellationToken ct) =>
        await _database.QueryAsync(tenant, Sql.Command(Select, Sql.Value(tenant.Value)), row => row.IsDBNull(0) ? null : row.GetString(0), ct) is [var json]
            ? NoticeSettings.Read(json)
            : null;

    /// <param name="person">As their token names them; stands in the history.</param>
    /// <returns>False where the tenant is not there.</returns>
    /// <exception cref="FormatException">A setting that cannot be; the message names it and the remedy. Nothing was saved.</exception>
    public async Task<bool> SetAsync(TenantId tenant, NoticeSettings settings, string person, CancellationToken ct)
    {
        if (settings.Problem() is { } problem)
            throw new FormatException(problem);
        if (settings.Fallback is { } fallback && !MailAddresses.IsAddress(fallback))
            throw new FormatException("'fallback' is no e-mail address; write one address without a name, or null for none.");
        var update = Sql.Command(Update, Sql.Value(tenant.Value), Sql.Json(settings.Write()));
        await using var transaction = await _database.BeginAsync(tenant, ct);
        await transaction.ExecuteAsync([Sql.Command(Act, Sql.Text(person)), update], ct);
        await transaction.CommitAsync(ct);
        return update.RecordsAffected > 0;
    }
}
