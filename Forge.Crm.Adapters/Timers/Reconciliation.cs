using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Adapters.Timers;

/// <summary>
/// Starts the sync jobs that are due: what changed since the last one (or the first load, where there was none), and once a night of the
/// tenant, and whenever webhooks told less than happened, a sweep over everything, which finds deletions and whatever else was missed.
/// </summary>
internal sealed partial class Reconciliation(
    RelayQueries queries, TenantDatabase database, JobStore jobs, Rings rings, TimeProvider clock, ILogger<Reconciliation> logger)
{
    // A job that failed counts too: the next sweep is tomorrow's, while incremental jobs go on.
    private const string NeedsSweep = """
        select 1 from crm_sync_configs config
         where config.tenant_id = $1 and config.platform = $2 and config.state = 'live'
           and not exists (select from crm_sync_jobs job
                            where job.tenant_id = $1 and job.platform = $2 and job.mode in ('initial', 'sweep') and not job.is_dry_run
                              and job.created_at >= greatest($3, case when config.sweep_wanted_at <= clock_timestamp() then config.sweep_wanted_at end))
        """;

    private static readonly TimeSpan SweepAt = TimeSpan.FromHours(2);

    /// <summary>One tenant's failure does not keep the others from their jobs; it is tried again at the next run.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var due in await queries.DueAsync(ct))
        {
            try
            {
                await StartAsync(due, ct);
            }
            catch (Exception e) when (e is PostgresException or NotConnectedException or MatchPlanException)
            {
                NotStarted(logger, e, due.Tenant, due.Platform);
            }
        }
    }

    private async Task StartAsync(ConnectedPlatform due, CancellationToken ct)
    {
        var sweeps = await database.QueryAsync(
            due.Tenant,
            Sql.Command(
                NeedsSweep, Sql.Value(due.Tenant.Value), Sql.Text(due.Platform.ToName()), Sql.Time(LastNight(clock.GetUtcNow(), due.TimeZone))),
            _ => true, ct);
        var order = new JobOrder(due.Platform, sweeps.Count > 0 ? SyncMode.Sweep : null, [], null, "timer");
        var started = await jobs.StartAsync(due.Tenant, order, ct);
        if (started.IsNew)
            await rings.StepAsync(due.Tenant, due.Platform, started.Job.Id, started.Job.Step, ct);
    }

    /// <summary>When the tenant's clocks last showed two in the morning.</summary>
    internal static DateTimeOffset LastNight(DateTimeOffset now, string zone)
    {
        var known = TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : TimeZoneInfo.Utc;
        var local = TimeZoneInfo.ConvertTime(now, known).DateTime;
        var night = local.TimeOfDay >= SweepAt ? local.Date + SweepAt : local.Date.AddDays(-1) + SweepAt;
        // In the night when clocks go forward that time may not exist; the offset before the change is as good.
        return new DateTimeOffset(night, known.GetUtcOffset(night)).ToUniversalTime();
    }

    [LoggerMessage(LogLevel.Error, "No sync job was started for tenant {Tenant}, {Platform}.")]
    private static partial void NotStarted(ILogger logger, Exception e, TenantId tenant, Platform platform);
}
