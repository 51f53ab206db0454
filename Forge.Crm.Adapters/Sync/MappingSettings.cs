using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <param name="Problem">Why what is stored cannot be read, and where; the platform does not sync until it is mended. Null where it can.</param>
public sealed record StoredMapping(JsonElement Mapping, string? Problem);

/// <summary>
/// The mappings of a tenant's connections, read and set: its own fields on HubSpot and Pipedrive (<see cref="CustomFieldDocument"/>), the tables of its own
/// project (<see cref="Supabase.SupabaseProjectDocument"/>).
/// </summary>
public sealed class MappingSettings
{
    private const string Update = "update crm_sync_configs set mapping = $3 where tenant_id = $1 and platform = $2";

    private readonly TenantDatabase _database;
    private readonly SyncConfigs _configs;
    private readonly PlatformSessions _sessions;
    private readonly ISecretStore _secrets;
    private readonly ImmutableDictionary<Platform, IMappingCheck> _checks;

    internal MappingSettings(TenantDatabase database, SyncConfigs configs, PlatformSessions sessions, ISecretStore secrets, IEnumerable<IMappingCheck> checks) =>
        (_database, _configs, _sessions, _secrets, _checks) = (database, configs, sessions, secrets, checks.ToImmutableDictionary(check => check.Platform));

    /// <returns>Null where the tenant has not connected the platform.</returns>
    public async Task<StoredMapping?> FindAsync(TenantId tenant, Platform platform, CancellationToken ct) =>
        (await _configs.ReadAsync(tenant, null, ct))?.Of(platform) is { } config ? new(JsonElement.Parse(config.Mapping), config.MappingProblem) : null;

    /// <summary>Holds the mapping against itself, the tenant's other settings and the account, then stores it in the place of the one before.</summary>
    /// <param name="person">As their token names them; stands in the history.</param>
    /// <returns>False where the tenant has not connected the platform.</returns>
    /// <exception cref="FormatException">It contradicts one of them; the message names the place and the remedy. Nothing was saved.</exception>
    /// <exception cref="CrmCallException">The account could not be asked. Nothing was saved.</exception>
    /// <exception cref="SecretUnavailableException">Nor could the vault. Nothing was saved.</exception>
    public async Task<bool> SetAsync(TenantId tenant, Platform platform, JsonElement mapping, string person, CancellationToken ct)
    {
        var document = mapping.GetRawText();
        if (JsonText.Flaw(Encoding.UTF8.GetBytes(document)) is { } flaw)
            throw new FormatException($"mapping {flaw}; leave it out.");
        if (!_checks.TryGetValue(platform, out var check) || await _configs.ReadAsync(tenant, null, ct) is not { } now
            || now.Of(platform) is not { SecretRef: { } secretRef } config || await _secrets.GetAsync(secretRef, ct) is not { } secret)
            return false;
        var then = (await _configs.ReadAsync(tenant, (platform, document), ct))!;
        Refuse(platform, now, then);
        var stored = await check.CheckAsync(tenant, secret, document, new(then.Shapes.Of, config.Direction != SyncDirection.Read), ct);
        await using var transaction = await _database.BeginAsync(tenant, ct);
        var update = Sql.Command(Update, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Json(stored));
        await transaction.ExecuteAsync([StrategySettings.ActFor(person), update], ct);
        await transaction.CommitAsync(ct);
        _sessions.Forget(tenant);
        return update.RecordsAffected > 0;
    }

    // What another setting names must not go, or that platform would stop.
    private static void Refuse(Platform platform, TenantConfig now, TenantConfig then)
    {
        if (then.Of(platform)!.MappingProblem is { } own)
            throw new FormatException(own);
        foreach (var other in then.Platforms)
        {
            if (other.Problem is { } problem && now.Of(other.Platform)!.Problem is null)
                throw new FormatException($"The settings of {other.Platform.ToName()} would no longer hold, mend them first: {problem}");
        }
    }
}
