using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Moves a connection between its states.</summary>
internal sealed partial class SyncStates(
    TenantDatabase database, SyncConfigs configs, CrmMetrics? metrics = null, ILogger<SyncStates>? logger = null, NoticeRings? notices = null)
{
    // Only while the connection still has the credentials that were refused: a person may have given others meanwhile.
    private const string Reauth = """
        update crm_sync_configs set state = 'reauth_required'
         where tenant_id = $1 and platform = $2 and state <> 'reauth_required' and secret_ref is not distinct from $3
        """;

    private const string Move = """
        update crm_sync_configs set state = $3 where tenant_id = $1 and platform = $2 and state <> $3
        """;

    // Once a minute is enough: after an outage of ours every delivery of hours is a retry.
    private const string WantSweep = """
        update crm_sync_configs set sweep_wanted_at = clock_timestamp() + $3
         where tenant_id = $1 and platform = $2 and (sweep_wanted_at is null or sweep_wanted_at < clock_timestamp() + $3 - least($3, interval '1 minute'))
        """;

    // Pipedrive's is the only one that is known: ten failures, half an hour (documentation, "Webhooks v2").
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(30);

    public async Task MoveAsync(TenantId tenant, Platform platform, ConnectionState state, CancellationToken ct)
    {
        await database.ExecuteAsync(
            tenant, [Sql.Command(Move, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(state.ToName()))], ct);
        configs.Forget(tenant);
    }

    /// <summary>Webhooks may have told less than happened: the next reconciliation compares everything, once no other job is under way.</summary>
    /// <param name="mayGoOn">It may still happen: the platform tells nothing for a while after some failures, and only what begins after that finds all of it.</param>
    public Task WantSweepAsync(TenantId tenant, Platform platform, bool mayGoOn, CancellationToken ct) => database.ExecuteAsync(
        tenant,
        [Sql.Command(WantSweep, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Value(mayGoOn ? LongestSilence : TimeSpan.Zero))], ct);

    /// <summary>
    /// The token is refused: nothing more is asked of the platform until the tenant connects again; events wait in the journal, and the administrators
    /// are told.
    /// </summary>
    public async Task RequireReauthAsync(TenantId tenant, Platform platform, CancellationToken ct)
    {
        var used = (await configs.OfAsync(tenant, ct))?.Of(platform)?.SecretRef;
        var reauth = Sql.Command(Reauth, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(used));
        await using (var transaction = await database.BeginAsync(tenant, ct))
        {
            await transaction.ExecuteAsync([reauth], ct);
            if (reauth.RecordsAffected > 0)
                await transaction.ExecuteAsync([NoticeRows.Insert(tenant, [SystemNotices.ReauthRequired(platform, used)])], ct);
            await transaction.CommitAsync(ct);
        }

        configs.Forget(tenant);
        if (reauth.RecordsAffected == 0)
            return;
        notices?.Ring(tenant);
        metrics?.ReauthRequired(platform);
        if (logger is not null)
            Stopped(logger, platform, tenant);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Platform} refuses the credentials of tenant {Tenant}: its sync is stopped until somebody connects it again.")]
    private static partial void Stopped(ILogger logger, Platform platform, TenantId tenant);
}
