using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>A step that nobody has taken for a while.</summary>
internal sealed record IdleStep(TenantId Tenant, Platform Platform, Guid Job, long Step);

/// <summary>A tenant's connection with a platform, as the timers see it.</summary>
internal sealed record ConnectedPlatform(TenantId Tenant, Platform Platform, string TimeZone);

/// <summary>What waits for a platform, all tenants together.</summary>
/// <param name="Oldest">How long the oldest push waits of those whose connection is running; zero where none does.</param>
internal sealed record OutboxState(Platform Platform, long Pending, long Failed, TimeSpan Oldest, long Held = 0);

/// <summary>The timers' questions across tenants. What they find is done tenant by tenant, as <c>crm_app</c>.</summary>
internal sealed class RelayQueries(RelayDatabase database)
{
    private const string Running = "config.enabled and config.state not in ('paused', 'reauth_required') and tenant.state = 'active'";

    // Not while a first connection waits for its match plan.
    private const string Open = $"{Running} and config.match_state in ('none', 'settled')";

    private static readonly string WaitingEvents = Waiting("crm_webhook_events", since: "received_at", order: "id", Open);

    internal static readonly string WaitingPushes = Waiting(
        "crm_outbox", since: "queued_at", order: "is_bulk, w.queued_at", $"{Open} and config.direction in ('two_way', 'write')");

    private const string Idle = $$"""
        select job.tenant_id, job.platform, job.id, job.step
          from crm_sync_jobs job
          join crm_sync_configs config on config.tenant_id = job.tenant_id and config.platform = job.platform
          join crm_tenants tenant on tenant.tenant_id = job.tenant_id
         where job.state in ('queued', 'running') and job.updated_at <= clock_timestamp() - $1
           and {{Running}}
        """;

    private const string Due = $$"""
        select config.tenant_id, config.platform, tenant.time_zone
          from crm_sync_configs config
          join crm_tenants tenant on tenant.tenant_id = config.tenant_id
         where {{Running}} and config.direction in ('read', 'two_way') and config.platform <> 'supabase' and config.match_state in ('none', 'approved', 'settled')
           and (config.reconciled_at is null
                or config.reconciled_at <= clock_timestamp() - make_interval(mins => config.interval_minutes))
           and not exists (select from crm_sync_jobs job
                            where job.tenant_id = config.tenant_id and job.platform = config.platform
                              and job.state in ('queued', 'running', 'paused') and not job.is_dry_run)
        """;

    private const string Outbox = $$"""
        select config.platform, count(*) filter (where o.status = 'pending'), count(*) filter (where o.status = 'failed'),
               greatest(clock_timestamp() - min(o.queued_at) filter (where o.status = 'pending' and {{Running}}), interval '0'),
               count(*) filter (where o.status = 'held')
          from crm_sync_configs config
          join crm_tenants tenant on tenant.tenant_id = config.tenant_id
          left join crm_outbox o on o.tenant_id = config.tenant_id and o.platform = config.platform
         group by config.platform
        """;

    // From tenant to tenant by the index of what is pending; see Waiting.
    internal const string WaitingNotices = """
        with recursive tenants as (
            (select tenant_id from crm_notices where status = 'pending' order by tenant_id limit 1)
            union all
            select next.tenant_id
              from tenants,
                   lateral (select n.tenant_id from crm_notices n where n.status = 'pending' and n.tenant_id > tenants.tenant_id order by n.tenant_id limit 1) next)
        select tenants.tenant_id
          from tenants
          join crm_tenants tenant on tenant.tenant_id = tenants.tenant_id
         cross join lateral (
               select from crm_notices n
                where n.tenant_id = tenants.tenant_id and n.status = 'pending'
                  and n.due_at <= clock_timestamp() and n.created_at <= clock_timestamp() - $1
                order by n.due_at limit 1) due
         where tenant.state = 'active'
        """;

    // As for notices.
    internal const string WaitingRules = """
        with recursive tenants as (
            (select tenant_id from crm_rule_events where status = 'pending' order by tenant_id limit 1)
            union all
            select next.tenant_id
              from tenants,
                   lateral (select e.tenant_id from crm_rule_events e where e.status = 'pending' and e.tenant_id > tenants.tenant_id order by e.tenant_id limit 1) next)
        select tenants.tenant_id
          from tenants
          join crm_tenants tenant on tenant.tenant_id = tenants.tenant_id
         cross join lateral (
               select from crm_rule_events e
                where e.tenant_id = tenants.tenant_id and e.status = 'pending' and e.happened_at <= clock_timestamp() - $1
                  and (e.next_attempt_at is null or e.next_attempt_at <= clock_timestamp())
                order by e.id limit 1) due
         where tenant.state = 'active'
        """;

    internal const string WaitingLeads = $"""
        select distinct lead.tenant_id
          from crm_hubspot_leads lead
          join crm_sync_configs config on config.tenant_id = lead.tenant_id and config.platform = 'hubspot'
          join crm_tenants tenant on tenant.tenant_id = lead.tenant_id
         where lead.status = 'pending' and lead.due_at <= clock_timestamp() and {Open} and config.direction in ('two_way', 'write')
        """;

    private const string UncheckedRules = "select distinct tenant_id from crm_automation_rules where checked_version is distinct from version";

    private const string Tenants = "select tenant_id, time_zone from crm_tenants where state = 'active'";

    /// <summary>Lanes with an event that is due, and that was received at least so long ago.</summary>
    public Task<List<Lane>> WaitingLanesAsync(TimeSpan age, CancellationToken ct) => LanesAsync(WaitingEvents, age, ct);

    /// <summary>Lanes of the outbox with a push that is due, and that was queued at least so long ago.</summary>
    public Task<List<Lane>> WaitingPushesAsync(TimeSpan age, CancellationToken ct) => LanesAsync(WaitingPushes, age, ct);

    /// <summary>The current steps of jobs that have not moved for so long.</summary>
    public Task<List<IdleStep>> IdleStepsAsync(TimeSpan age, CancellationToken ct) =>
        database.QueryAsync(
            Sql.Command(Idle, Sql.Value(age)), row => new IdleStep(Tenant(row), PlatformOf(row), row.GetGuid(2), row.GetInt64(3)), ct);

    /// <summary>What is to be reconciled: its interval has passed and no job of it is under way.</summary>
    public Task<List<ConnectedPlatform>> DueAsync(CancellationToken ct) =>
        database.QueryAsync(Sql.Command(Due), row => new ConnectedPlatform(Tenant(row), PlatformOf(row), row.GetString(2)), ct);

    /// <summary>How the outbox stands, for each platform that any tenant has connected.</summary>
    public Task<List<OutboxState>> OutboxAsync(CancellationToken ct) => database.QueryAsync(
        Sql.Command(Outbox),
        row => new OutboxState(Names.Parse<Platform>(row.GetString(0)), row.GetInt64(1), row.GetInt64(2), row.GetFieldValue<TimeSpan>(3), row.GetInt64(4)), ct);

    /// <summary>Tenants with a notice that is due, and that was written at least so long ago.</summary>
    public Task<List<TenantId>> WaitingNoticesAsync(TimeSpan age, CancellationToken ct) =>
        database.QueryAsync(Sql.Command(WaitingNotices, Sql.Value(age)), Tenant, ct);

    /// <summary>Tenants with something for their rules that is due, and that happened at least so long ago.</summary>
    public Task<List<TenantId>> WaitingRulesAsync(TimeSpan age, CancellationToken ct) => database.QueryAsync(Sql.Command(WaitingRules, Sql.Value(age)), Tenant, ct);

    /// <summary>Tenants with a lead that is due at HubSpot.</summary>
    public Task<List<TenantId>> WaitingLeadsAsync(CancellationToken ct) => database.QueryAsync(Sql.Command(WaitingLeads), Tenant, ct);

    /// <summary>Tenants with a rule that was not held against the schema yet: written by SQL.</summary>
    public Task<List<TenantId>> UncheckedRulesAsync(CancellationToken ct) => database.QueryAsync(Sql.Command(UncheckedRules), Tenant, ct);

    /// <summary>All active tenants, with their IANA time zones.</summary>
    public Task<List<(TenantId Tenant, string TimeZone)>> TenantsAsync(CancellationToken ct) =>
        database.QueryAsync(Sql.Command(Tenants), row => (Tenant(row), row.GetString(1)), ct);

    private Task<List<Lane>> LanesAsync(string waiting, TimeSpan age, CancellationToken ct) =>
        database.QueryAsync(Sql.Command(waiting, Sql.Value(age)), row => new Lane(Tenant(row), PlatformOf(row), row.GetInt32(2)), ct);

    // From lane to lane by the index of what is pending: the cost is that of the lanes with work, not that of the backlog. (Listing
    // the distinct lanes would read all of a backlog every few seconds, just when there is one.)
    private static string Waiting(string table, string since, string order, string condition) => $"""
        with recursive lanes as (
            (select tenant_id, platform, lane from {table}
              where status = 'pending' order by tenant_id, platform, lane limit 1)
            union all
            select next.tenant_id, next.platform, next.lane
              from lanes,
                   lateral (select w.tenant_id, w.platform, w.lane from {table} w
                             where w.status = 'pending' and (w.tenant_id, w.platform, w.lane) > (lanes.tenant_id, lanes.platform, lanes.lane)
                             order by w.tenant_id, w.platform, w.lane limit 1) next)
        select lanes.tenant_id, lanes.platform, lanes.lane
          from lanes
          join crm_sync_configs config on config.tenant_id = lanes.tenant_id and config.platform = lanes.platform
          join crm_tenants tenant on tenant.tenant_id = lanes.tenant_id
         cross join lateral (
               select from {table} w
                where w.tenant_id = lanes.tenant_id and w.platform = lanes.platform and w.lane = lanes.lane
                  and w.status = 'pending' and w.{since} <= clock_timestamp() - $1
                  and (w.next_attempt_at is null or w.next_attempt_at <= clock_timestamp())
                order by w.{order} limit 1) due
         where {condition}
        """;

    private static TenantId Tenant(NpgsqlDataReader row) => new(row.GetGuid(0));

    private static Platform PlatformOf(NpgsqlDataReader row) => Names.Parse<Platform>(row.GetString(1));
}
