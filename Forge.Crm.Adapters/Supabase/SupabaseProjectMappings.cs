using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Supabase;

/// <param name="Problem">Why what is stored cannot be read, and where; the project does not sync until it is mended. Null where it can.</param>
public sealed record StoredMapping(JsonElement Mapping, string? Problem);

/// <summary>The mapping of a tenant's own project, read and set; see <see cref="SupabaseProjectDocument"/> for its form.</summary>
public sealed class SupabaseProjectMappings
{
    private const string Select = "select mapping::text from crm_sync_configs where tenant_id = $1 and platform = 'supabase_project'";
    private const string Update = "update crm_sync_configs set mapping = $2 where tenant_id = $1 and platform = 'supabase_project'";

    // Whom the history of settings names; see crm_note_settings.
    private const string Act = "select set_config('app.actor', $1, true)";

    private readonly TenantDatabase _database;
    private readonly SyncConfigs _configs;
    private readonly PlatformSessions _sessions;
    private readonly SupabaseProjectConnector _connector;
    private readonly ISecretStore _secrets;

    internal SupabaseProjectMappings(
        TenantDatabase database, SyncConfigs configs, PlatformSessions sessions, SupabaseProjectConnector connector, ISecretStore secrets) =>
        (_database, _configs, _sessions, _connector, _secrets) = (database, configs, sessions, connector, secrets);

    /// <returns>Null where the tenant has connected no project.</returns>
    public async Task<StoredMapping?> FindAsync(TenantId tenant, CancellationToken ct)
    {
        var found = await _database.QueryAsync(tenant, Sql.Command(Select, Sql.Value(tenant.Value)), row => row.GetString(0), ct);
        return found is [var document] ? new(JsonElement.Parse(document), Problem(document)) : null;
    }

    /// <summary>Holds the mapping against itself and against the project, then stores it in the place of the one before.</summary>
    /// <param name="person">As their token names them; stands in the history.</param>
    /// <returns>False where the tenant has connected no project.</returns>
    /// <exception cref="FormatException">It contradicts itself, the tenant's fields or the project; the message names the place and the remedy. Nothing was saved.</exception>
    /// <exception cref="CrmCallException">The project could not be asked. Nothing was saved.</exception>
    public async Task<bool> SetAsync(TenantId tenant, JsonElement mapping, string person, CancellationToken ct)
    {
        var document = mapping.GetRawText();
        if (JsonText.Flaw(System.Text.Encoding.UTF8.GetBytes(document)) is { } flaw)
            throw new FormatException($"mapping {flaw}; leave it out.");
        var connector = (SupabaseProjectConnector)_connector.Of(document);
        _configs.Forget(tenant);
        if ((await _configs.OfAsync(tenant, ct))?.Of(Platform.SupabaseProject) is not { SecretRef: { } secretRef } config
            || await _secrets.GetAsync(secretRef, ct) is not { } secret)
            return false;
        await connector.CheckAsync(tenant, secret, isWritten: config.Direction != SyncDirection.Read, ct);
        await using var transaction = await _database.BeginAsync(tenant, ct);
        var update = Sql.Command(Update, Sql.Value(tenant.Value), Sql.Json(document));
        await transaction.ExecuteAsync([Sql.Command(Act, Sql.Text(person)), update], ct);
        await transaction.CommitAsync(ct);
        _sessions.Forget(tenant);
        return update.RecordsAffected > 0;
    }

    private string? Problem(string document)
    {
        try
        {
            _connector.Of(document);
            return null;
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }
}
