using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>A step that nobody has taken for a while.</summary>
internal sealed record IdleStep(TenantId Tenant, Platform Platform, Guid Job, long Step);

/// <summary>A tenant's connection with a platform, as the timers see it.</summary>
internal sealed record ConnectedPlatform(TenantId Tenant, Platform Platform, string TimeZone);

/// <summary>The timers' questions across tenants. What they find is done tenant by tenant, as <c>crm_app</c>.</summary>
internal sealed class RelayQueries(RelayDatabase database)
{
    // From lane to lane by the index of what is pending: the cost is that of the lanes with work, not that of the backlog. (Listing
    // the distinct lanes would read all of a backlog every few seconds, just when there is one.)
    private const string Waiting = """
        with recursive lanes as (
            (select tenant_id, platform, lane from crm_webhook_events
              where status = 'pending' order by tenant_id, platform, lane limit 1)
            union all
            select next.tenant_id, next.platform, next.lane
              from lanes,
                   lateral (select e.tenant_id, e.platform, e.lane from crm_webhook_events e
                             where e.status = 'pending' and (e.tenant_id, e.platform, e.lane) > (lanes.tenant_id, lanes.platform, lanes.lane)
                             order by e.tenant_id, e.platform, e.lane limit 1) next)
        select lanes.tenant_id, lanes.platform, lanes.lane
          from lanes
          join crm_sync_configs config on config.tenant_id = lanes.tenant_id and config.platform = lanes.platform
          join crm_tenants tenant on tenant.tenant_id = lanes.tenant_id
         where config.enabled and config.state not in ('paused', 'reauth_required') and tenant.state = 'active'
           and config.match_state in ('none', 'settled')
           and exists (select from crm_webhook_events e
                        where e.tenant_id = lanes.tenant_id and e.platform = lanes.platform and e.lane = lanes.lane
                          and e.status = 'pending' and e.received_at <= clock_timestamp() - $1
                          and (e.next_attempt_at is null or e.next_attempt_at <= clock_timestamp()))
        """;

    private const string Idle = """
        select job.tenant_id, job.platform, job.id, job.step
          from crm_sync_jobs job
          join crm_sync_configs config on config.tenant_id = job.tenant_id and config.platform = job.platform
          join crm_tenants tenant on tenant.tenant_id = job.tenant_id
         where job.state in ('queued', 'running') and job.updated_at <= clock_timestamp() - $1
           and config.enabled and config.state not in ('paused', 'reauth_required') and tenant.state = 'active'
        """;

    private const string Due = """
        select config.tenant_id, config.platform, tenant.time_zone
          from crm_sync_configs config
          join crm_tenants tenant on tenant.tenant_id = config.tenant_id
         where config.enabled and config.state not in ('paused', 'reauth_required') and config.direction in ('read', 'two_way')
           and tenant.state = 'active' and config.platform <> 'supabase' and config.match_state in ('none', 'approved', 'settled')
           and (config.reconciled_at is null
                or config.reconciled_at <= clock_timestamp() - make_interval(mins => config.interval_minutes))
           and not exists (select from crm_sync_jobs job
                            where job.tenant_id = config.tenant_id and job.platform = config.platform
                              and job.state in ('queued', 'running', 'paused'))
        """;

    private const string Tenants = "select tenant_id, time_zone from crm_tenants where state = 'active'";

    /// <summary>Lanes with an event that is due, and that was received at least so long ago.</summary>
    public Task<List<Lane>> WaitingLanesAsync(TimeSpan age, CancellationToken ct) =>
        database.QueryAsync(Sql.Command(Waiting, Sql.Value(age)), row => new Lane(Tenant(row), PlatformOf(row), row.GetInt32(2)), ct);

    /// <summary>The current steps of jobs that have not moved for so long.</summary>
    public Task<List<IdleStep>> IdleStepsAsync(TimeSpan age, CancellationToken ct) =>
        database.QueryAsync(
            Sql.Command(Idle, Sql.Value(age)), row => new IdleStep(Tenant(row), PlatformOf(row), row.GetGuid(2), row.GetInt64(3)), ct);

    /// <summary>What is to be reconciled: its interval has passed and no job of it is under way.</summary>
    public Task<List<ConnectedPlatform>> DueAsync(CancellationToken ct) =>
        database.QueryAsync(Sql.Command(Due), row => new ConnectedPlatform(Tenant(row), PlatformOf(row), row.GetString(2)), ct);

    /// <summary>All active tenants, with their IANA time zones.</summary>
    public Task<List<(TenantId Tenant, string TimeZone)>> TenantsAsync(CancellationToken ct) =>
        database.QueryAsync(Sql.Command(Tenants), row => (Tenant(row), row.GetString(1)), ct);

    private static TenantId Tenant(NpgsqlDataReader row) => new(row.GetGuid(0));

    private static Platform PlatformOf(NpgsqlDataReader row) => Names.Parse<Platform>(row.GetString(1));
}
