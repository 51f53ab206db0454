using System.Security.Cryptography;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <summary>A tenant's connection with its account on a platform.</summary>
/// <param name="PathKey">The part of its webhook address that nobody can guess.</param>
/// <param name="SecretRef">The vault's name for its credentials; null where they were taken away.</param>
/// <param name="Direction">Null where the platform has no settings yet.</param>
internal sealed record StoredConnection(
    string AccountId, string PathKey, string? WebhookSecretRef, string? SecretRef, string TenantName, string? Direction);

/// <summary>The rows that connect a tenant with its account on a platform.</summary>
internal sealed class ConnectionStore(TenantDatabase database)
{
    private const int PathKeyBytes = 20;

    private const string InsertTenant = "insert into crm_tenants (tenant_id, name) values ($1, $2) on conflict do nothing";

    // The zone and the currency that a new tenant's row starts with: whatever else stands there, somebody chose.
    private const string Adopt = """
        update crm_tenants
           set time_zone = case when time_zone = 'UTC' then coalesce($2, time_zone) else time_zone end,
               default_currency = case when default_currency = 'USD' then coalesce($3, default_currency) else default_currency end
         where tenant_id = $1
           and (time_zone = 'UTC' and $2 <> time_zone or default_currency = 'USD' and $3 <> default_currency)
        """;

    private const string SelectConnection = """
        select connection.account_id, connection.path_key, connection.webhook_secret_ref, config.secret_ref, tenant.name, config.direction
          from crm_connections connection
          join crm_tenants tenant on tenant.tenant_id = connection.tenant_id
          left join crm_sync_configs config on config.tenant_id = connection.tenant_id and config.platform = connection.platform
         where connection.tenant_id = $1 and connection.platform = $2
         order by connection.created_at limit 1
        """;

    private const string UpsertConnection = """
        insert into crm_connections as c (tenant_id, platform, account_id, path_key, webhook_secret_ref)
        values ($1, $2, $3, $4, $5)
            on conflict (tenant_id, platform, account_id) do update
           set webhook_secret_ref = coalesce(excluded.webhook_secret_ref, c.webhook_secret_ref), state = 'active'
         where c.state <> 'active' or (excluded.webhook_secret_ref is not null and excluded.webhook_secret_ref is distinct from c.webhook_secret_ref)
        """;

    // A connection that had lost its token goes on where it was, and so does one that was taken away; one that a person paused stays paused.
    private const string UpsertConfig = """
        insert into crm_sync_configs as c (tenant_id, platform, secret_ref)
        values ($1, $2, $3)
            on conflict (tenant_id, platform) do update
           set secret_ref = excluded.secret_ref, enabled = c.enabled or c.secret_ref is null,
               state = case when c.state <> 'reauth_required' then c.state when c.cursors = '{}' then 'connected' else 'live' end
         where c.secret_ref is distinct from excluded.secret_ref or c.state = 'reauth_required'
        """;

    // Whom the history of settings names; see crm_note_settings.
    private const string Act = "select set_config('app.actor', coalesce($1, ''), true)";

    private const string Pause = """
        update crm_sync_configs set state = 'paused'
         where tenant_id = $1 and platform = $2 and enabled and secret_ref is not null and state <> 'reauth_required'
        """;

    // Live is what was loaded once; a first load that was paused half way goes on as one.
    private const string Resume = """
        update crm_sync_configs c
           set state = case when c.state <> 'paused' then c.state
                            when exists (select from crm_sync_jobs j
                                          where j.tenant_id = c.tenant_id and j.platform = c.platform and j.mode = 'initial' and j.state = 'done' and not j.is_dry_run) then 'live'
                            else 'connected' end
         where tenant_id = $1 and platform = $2 and enabled and secret_ref is not null and state <> 'reauth_required'
        """;

    private const string CloseConfig = "update crm_sync_configs set enabled = false, secret_ref = null where tenant_id = $1 and platform = $2";

    private const string CloseConnection =
        "update crm_connections set state = 'paused', webhook_secret_ref = null where tenant_id = $1 and platform = $2";

    private const string CancelJobs = """
        update crm_sync_jobs set state = 'cancelled', finished_at = now()
         where tenant_id = $1 and platform = $2 and state in ('queued', 'running', 'paused')
        """;

    /// <summary>Takes over the account's zone and currency where the tenant still has those of a new row.</summary>
    /// <returns>Whether anything changed.</returns>
    public async Task<bool> AdoptAsync(TenantId tenant, RemoteAccount account, CancellationToken ct) =>
        await database.ExecuteAsync(
            tenant, [Sql.Command(Adopt, Sql.Value(tenant.Value), Sql.Text(Zone(account)), Sql.Text(Currency(account)))], ct) > 0;

    /// <summary>The account that the tenant has connected, or had.</summary>
    public async Task<StoredConnection?> FindAsync(TenantId tenant, Platform platform, CancellationToken ct) =>
        (await database.QueryAsync(
            tenant, Sql.Command(SelectConnection, Sql.Value(tenant.Value), Sql.Text(platform.ToName())),
            row => new StoredConnection(row.GetString(0), row.GetString(1), Text(row, 2), Text(row, 3), row.GetString(4), Text(row, 5)), ct))
        .SingleOrDefault();

    /// <summary>Writes what is not there yet; connecting again changes nothing but a lost token and a new secret.</summary>
    /// <param name="person">Whom the history of settings names; null for the system.</param>
    public Task ConnectAsync(
        TenantId tenant, Platform platform, RemoteAccount account, string secretRef, string? webhookSecretRef, string? person, CancellationToken ct) =>
        database.ExecuteAsync(
            tenant,
            [
                Sql.Command(Act, Sql.Text(person)),
                Sql.Command(InsertTenant, Sql.Value(tenant.Value), Sql.Text(tenant.ToString())),
                Sql.Command(
                    UpsertConnection, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(account.Id),
                    Sql.Text(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PathKeyBytes))), Sql.Text(webhookSecretRef)),
                Sql.Command(UpsertConfig, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(secretRef)),
                MatchGate.CloseNew(tenant, platform),
            ],
            ct);

    /// <returns>False where it is not connected, or cannot be asked for now: it waits for new credentials.</returns>
    public Task<bool> PauseAsync(TenantId tenant, Platform platform, string person, CancellationToken ct) => ChangeAsync(Pause, tenant, platform, person, ct);

    /// <returns>As for <see cref="PauseAsync"/>.</returns>
    public Task<bool> ResumeAsync(TenantId tenant, Platform platform, string person, CancellationToken ct) => ChangeAsync(Resume, tenant, platform, person, ct);

    /// <summary>Takes the credentials away and stops everything; links and settings stay, for the day when the account is connected again.</summary>
    public async Task DisconnectAsync(TenantId tenant, Platform platform, string person, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenant, ct);
        NpgsqlBatchCommand On(string sql) => Sql.Command(sql, Sql.Value(tenant.Value), Sql.Text(platform.ToName()));
        await transaction.ExecuteAsync([Sql.Command(Act, Sql.Text(person)), On(CloseConfig), On(CloseConnection), On(CancelJobs)], ct);
        await transaction.CommitAsync(ct);
    }

    private async Task<bool> ChangeAsync(string sql, TenantId tenant, Platform platform, string person, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(tenant, ct);
        var change = Sql.Command(sql, Sql.Value(tenant.Value), Sql.Text(platform.ToName()));
        await transaction.ExecuteAsync([Sql.Command(Act, Sql.Text(person)), change], ct);
        await transaction.CommitAsync(ct);
        return change.RecordsAffected > 0;
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static string? Zone(RemoteAccount account) =>
        account.TimeZone is { } zone && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var known) && known.HasIanaId ? zone : null;

    private static string? Currency(RemoteAccount account) =>
        account.Currency is { Length: 3 } currency && currency.All(char.IsAsciiLetterUpper) ? currency : null;
}
