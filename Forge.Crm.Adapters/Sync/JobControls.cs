using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What people do to a sync job; the history says who did.</summary>
public sealed class JobControls
{
    private const string Move = """
        with before as (
            select id, state from crm_sync_jobs where tenant_id = $1 and id = $2 for update),
             moved as (
            update crm_sync_jobs job
               set state = $3, finished_at = case when $3 = 'cancelled' then now() end
              from before
             where job.tenant_id = $1 and job.id = before.id and before.state = any($4)
            returning job.id, job.platform, job.step, before.state as was),
             noted as (
            insert into crm_audit_log (tenant_id, kind, field, action, old_value, new_value, source, changed_at, cause, cause_id, actor)
            select $1, 'job', 'state', 'configure', was, $3, 'supabase', clock_timestamp(), 'person', id::text, $5 from moved)
        select platform, step from moved
        """;

    private readonly TenantDatabase _database;
    private readonly Rings _rings;

    internal JobControls(TenantDatabase database, Rings rings) => (_database, _rings) = (database, rings);

    /// <summary>A step under way when the job is paused commits nothing.</summary>
    /// <param name="person">As their token names them.</param>
    /// <returns>False where there is no such job, or it is not running.</returns>
    public async Task<bool> PauseAsync(TenantId tenant, Guid job, string person, CancellationToken ct) =>
        await MoveAsync(tenant, job, JobState.Paused, [JobState.Queued, JobState.Running], person, ct) is not null;

    /// <summary>It goes on with the step that it stood at.</summary>
    /// <returns>False where there is no such job, or it is not paused.</returns>
    public async Task<bool> ResumeAsync(TenantId tenant, Guid job, string person, CancellationToken ct)
    {
        if (await MoveAsync(tenant, job, JobState.Running, [JobState.Paused], person, ct) is not var (platform, step))
            return false;
        await _rings.StepAsync(tenant, platform, job, step, ct);
        return true;
    }

    /// <summary>What was read before stays.</summary>
    /// <returns>False where there is no such job, or it is finished.</returns>
    public async Task<bool> CancelAsync(TenantId tenant, Guid job, string person, CancellationToken ct) =>
        await MoveAsync(tenant, job, JobState.Cancelled, [JobState.Queued, JobState.Running, JobState.Paused], person, ct) is not null;

    private async Task<(Platform Platform, long Step)?> MoveAsync(
        TenantId tenant, Guid job, JobState to, IEnumerable<JobState> from, string person, CancellationToken ct)
    {
        var moved = await _database.QueryAsync(
            tenant,
            Sql.Command(Move, Sql.Value(tenant.Value), Sql.Value(job), Sql.Text(to.ToName()), Sql.Array(from.Select(state => state.ToName())), Sql.Text(person)),
            row => (Names.Parse<Platform>(row.GetString(0)), row.GetInt64(1)), ct);
        return moved is [var one] ? one : null;
    }
}
