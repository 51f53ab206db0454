using System.Security.Cryptography;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

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

    private const string SelectConnection =
        "select account_id, path_key from crm_connections where tenant_id = $1 and platform = $2 order by created_at limit 1";

    private const string UpsertConnection = """
        insert into crm_connections as c (tenant_id, platform, account_id, path_key, webhook_secret_ref)
        values ($1, $2, $3, $4, $5)
            on conflict (tenant_id, platform, account_id) do update
           set webhook_secret_ref = coalesce(excluded.webhook_secret_ref, c.webhook_secret_ref), state = 'active'
         where c.state <> 'active' or (excluded.webhook_secret_ref is not null and excluded.webhook_secret_ref is distinct from c.webhook_secret_ref)
        """;

    // A connection that had lost its token goes on where it was; one that a person paused stays paused.
    private const string UpsertConfig = """
        insert into crm_sync_configs as c (tenant_id, platform, secret_ref)
        values ($1, $2, $3)
            on conflict (tenant_id, platform) do update
           set secret_ref = excluded.secret_ref,
               state = case when c.state <> 'reauth_required' then c.state when c.cursors = '{}' then 'connected' else 'live' end
         where c.secret_ref is distinct from excluded.secret_ref or c.state = 'reauth_required'
        """;

    /// <summary>Takes over the account's zone and currency where the tenant still has those of a new row.</summary>
    /// <returns>Whether anything changed.</returns>
    public async Task<bool> AdoptAsync(TenantId tenant, RemoteAccount account, CancellationToken ct) =>
        await database.ExecuteAsync(
            tenant, [Sql.Command(Adopt, Sql.Value(tenant.Value), Sql.Text(Zone(account)), Sql.Text(Currency(account)))], ct) > 0;

    /// <summary>The account that the tenant has connected, if any.</summary>
    public async Task<(string AccountId, string PathKey)?> FindAsync(TenantId tenant, Platform platform, CancellationToken ct) =>
        (await database.QueryAsync(
            tenant, Sql.Command(SelectConnection, Sql.Value(tenant.Value), Sql.Text(platform.ToName())),
            row => ((string, string)?)(row.GetString(0), row.GetString(1)), ct))
        .SingleOrDefault();

    /// <summary>Writes what is not there yet; connecting again changes nothing but a lost token and a new secret.</summary>
    public Task ConnectAsync(TenantId tenant, Platform platform, RemoteAccount account, string secretRef, string? webhookSecretRef, CancellationToken ct) =>
        database.ExecuteAsync(
            tenant,
            [
                Sql.Command(InsertTenant, Sql.Value(tenant.Value), Sql.Text(tenant.ToString())),
                Sql.Command(
                    UpsertConnection, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(account.Id),
                    Sql.Text(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PathKeyBytes))), Sql.Text(webhookSecretRef)),
                Sql.Command(UpsertConfig, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(secretRef)),
                MatchGate.CloseNew(tenant, platform),
            ],
            ct);

    private static string? Zone(RemoteAccount account) =>
        account.TimeZone is { } zone && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var known) && known.HasIanaId ? zone : null;

    private static string? Currency(RemoteAccount account) =>
        account.Currency is { Length: 3 } currency && currency.All(char.IsAsciiLetterUpper) ? currency : null;
}
