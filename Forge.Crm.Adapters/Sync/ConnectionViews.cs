using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <summary>A connection as people see it: how it is set, how it is, and what is wrong. Nothing of its secrets.</summary>
/// <param name="Account">The platform's id of the account.</param>
/// <param name="State"><c>connected</c>, <c>importing</c>, <c>live</c>, <c>paused</c>, <c>reauth_required</c>, <c>disabled</c>, or <c>disconnected</c>.</param>
/// <param name="LastEventAt">When its last webhook came; null where none did lately.</param>
/// <param name="LastSyncAt">When its last job ended.</param>
/// <param name="Problems">For a person, with the remedy; empty where all is well.</param>
public sealed record ConnectionView(
    string Platform, string? Account, string State, string Direction, IReadOnlyList<string> Kinds, string DeletePolicy, int IntervalMinutes,
    DateTimeOffset? ConnectedAt, DateTimeOffset? LastEventAt, DateTimeOffset? LastSyncAt, IReadOnlyList<string> Problems);

/// <summary>The connections of a tenant.</summary>
public sealed class ConnectionViews
{
    // Of events, the newest ten thousand at most are looked at: the journal has no order by platform.
    private const string Select = """
        select config.platform, connection.account_id,
               case when config.enabled then config.state when config.secret_ref is null then 'disconnected' else 'disabled' end,
               config.direction, config.kinds, config.delete_policy, config.interval_minutes, connection.created_at,
               (select received_at from (select platform, received_at from crm_webhook_events where tenant_id = $1 order by id desc limit 10000) event
                 where event.platform = config.platform limit 1),
               config.reconciled_at, config.secret_ref,
               (select error from (select state, error from crm_sync_jobs job
                                    where job.tenant_id = $1 and job.platform = config.platform and not job.is_dry_run order by created_at desc limit 1) job where job.state = 'failed'),
               (select count(*) from crm_outbox where tenant_id = $1 and platform = config.platform and status = 'failed'),
               (select count(*) from crm_webhook_events where tenant_id = $1 and platform = config.platform and status = 'failed'),
               case when config.state = 'live' and 'deal' = any(config.kinds) then (
                   select string_agg(s.label, ', ' order by s.pipeline, s.position) from crm_stages s
                    where s.tenant_id = $1 and s.platform = config.platform and not s.archived and s.pipeline_external_id <> '' and s.external_id <> ''
                      and exists (select from crm_sync_configs o where o.tenant_id = $1 and o.platform <> config.platform and o.enabled and 'deal' = any(o.kinds)
                                     and exists (select from crm_stages t where t.tenant_id = $1 and t.platform = o.platform))
                      and not exists (select from crm_stages t where t.tenant_id = $1 and t.platform <> config.platform and t.stage_id = s.stage_id)) end
          from crm_sync_configs config
          left join crm_connections connection on connection.tenant_id = config.tenant_id and connection.platform = config.platform
         where config.tenant_id = $1
         order by config.platform
        """;

    private readonly TenantDatabase _database;
    private readonly SyncConfigs _configs;
    private readonly ISecretStore _secrets;

    internal ConnectionViews(TenantDatabase database, SyncConfigs configs, ISecretStore secrets) => (_database, _configs, _secrets) = (database, configs, secrets);

    public async Task<IReadOnlyList<ConnectionView>> ListAsync(TenantId tenant, CancellationToken ct)
    {
        var found = await _database.QueryAsync(tenant, Sql.Command(Select, Sql.Value(tenant.Value)), Read, ct);
        var settings = await _configs.OfAsync(tenant, ct);
        var views = new List<ConnectionView>();
        foreach (var (view, secretRef) in found)
        {
            var unreadable = settings?.Platforms.FirstOrDefault(config => config.Platform.ToName() == view.Platform)?.Problem;
            string?[] more = [unreadable, await VaultProblemAsync(secretRef, ct)];
            views.Add(view with { Problems = [.. view.Problems, .. more.OfType<string>()] });
        }

        return views;
    }

    /// <returns>Null where the tenant has not connected the platform.</returns>
    public async Task<ConnectionView?> FindAsync(TenantId tenant, Platform platform, CancellationToken ct) =>
        (await ListAsync(tenant, ct)).FirstOrDefault(view => view.Platform == platform.ToName());

    private async Task<string?> VaultProblemAsync(string? secretRef, CancellationToken ct)
    {
        try
        {
            return secretRef is null || await _secrets.GetAsync(secretRef, ct) is not null
                ? null
                : "The vault has no credentials of this connection: connect it again.";
        }
        catch (SecretUnavailableException)
        {
            return "The vault does not answer: the connection is stopped, and goes on by itself once it does.";
        }
    }

    private static (ConnectionView View, string? SecretRef) Read(NpgsqlDataReader row)
    {
        var state = row.GetString(2);
        string?[] problems =
        [
            state == "reauth_required" ? "The platform refuses the credentials: connect it again." : null,
            row.IsDBNull(11) ? null : $"The last sync failed: {row.GetString(11)}",
            row.GetInt64(12) is > 0 and var pushes ? $"The platform does not take {pushes} records: see push-errors." : null,
            row.GetInt64(13) is > 0 and var events ? $"{events} events could not be applied: see events with the status failed." : null,
            row.IsDBNull(14) ? null : $"Other platforms do not know these stages, so a deal's move there goes no further: {row.GetString(14)}. Say which of theirs they are: match-plan/stages.",
        ];
        return (
            new(
                row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), state, row.GetString(3), row.GetFieldValue<string[]>(4), row.GetString(5),
                row.GetInt32(6), Time(row, 7), Time(row, 8), Time(row, 9), [.. problems.OfType<string>()]),
            row.IsDBNull(10) ? null : row.GetString(10));
    }

    private static DateTimeOffset? Time(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
