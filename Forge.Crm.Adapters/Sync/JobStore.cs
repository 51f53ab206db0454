using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What a new job is to do.</summary>
/// <param name="Mode">Null: a first load until one was completed, then incremental.</param>
/// <param name="Kinds">Empty: all kinds that the platform's config names.</param>
/// <param name="Named">For <see cref="SyncMode.Manual"/>: the kind and the ids of single records.</param>
/// <param name="RequestedBy">Who or what asked, e.g. <c>timer</c> or a user's id; stands in the history of what the job writes.</param>
internal sealed record JobOrder(
    Platform Platform, SyncMode? Mode, IReadOnlyCollection<RecordKind> Kinds, NamedRecords? Named, string RequestedBy)
{
    /// <summary>What it plans is noted, not done.</summary>
    public bool IsDryRun { get; init; }

    /// <exception cref="ArgumentException">The request names too many records.</exception>
    public static JobOrder Of(SyncRequest request)
    {
        if (request.Ids.Count > SyncRequest.MaxIds)
            throw new ArgumentException($"At most {SyncRequest.MaxIds} ids a request.", nameof(request));
        return new(
            request.Platform, request.Ids.Count > 0 ? SyncMode.Manual : request.Mode, request.Ids.Count > 0 ? [] : request.Kinds,
            request.Ids.Count > 0 ? new(request.IdsOf, [.. request.Ids.Distinct()]) : null, request.RequestedBy)
        {
            IsDryRun = request.IsDryRun,
        };
    }
}

internal sealed record NamedRecords(RemoteKind Kind, ImmutableArray<string> Ids);

/// <param name="IsNew">False: this unfinished job was there already, and nothing was started beside it.</param>
internal sealed record StartedJob(SyncJob Job, bool IsNew);

/// <summary>
/// <c>crm_sync_jobs</c>: at most one unfinished job a tenant and platform, and one dry run beside it. A job is a chain of steps; who commits a step moves its number on.
/// </summary>
internal sealed class JobStore(TenantDatabase database)
{
    private const string Columns = """
        j.id, j.platform, j.mode, j.kinds, j.state, j.step, j.cursor::text, j.counts::text, j.total, j.requested_by, j.error,
        j.created_at, j.started_at, j.updated_at, j.finished_at, c.cursors::text,
        j.is_dry_run, j.calls
        """;

    private const string From = """
          from crm_sync_jobs j
          join crm_sync_configs c on c.tenant_id = j.tenant_id and c.platform = j.platform
         where j.tenant_id = $1
        """;

    // A config says "live" once its first load was completed; the index on unfinished jobs refuses a second one.
    // A dry run changes nothing, so it is refused where the job would be by what its start finds; a first load after a match plan has that for a dry run.
    private static readonly string Insert = $$"""
        insert into crm_sync_jobs (tenant_id, id, platform, mode, kinds, state, requested_by, cursor, is_dry_run)
        select c.tenant_id, $2, c.platform, coalesce($4, case when c.state in ('connected', 'importing') then 'initial' else 'incremental' end),
               case when cardinality($5) = 0 then c.kinds else $5 end, 'queued', $6,
               case when c.match_state in ('approved', 'settled') and not $8 and coalesce($4, 'initial') = 'initial' and c.state in ('connected', 'importing')
                    then $7 || '{"isPlanned":true}' else $7 end, $8
          from crm_sync_configs c
         where c.tenant_id = $1 and c.platform = $3
           and case when $4 = 'match' then c.match_state = 'needed' and not $8
                    when c.match_state = 'approved' then coalesce($4, 'initial') = 'initial' and not $8
                    else c.match_state in ('none', 'settled') end
           and (not $8 or not ({{MatchGate.IsFilled}}))
            on conflict do nothing
        """;

    private const string Move = """
        update crm_sync_jobs
           set state = $3, finished_at = case when $3 = 'cancelled' then now() end
         where tenant_id = $1 and id = $2 and state = any($4)
        """;

    private const string PutOff = """
        update crm_sync_jobs set cursor = $4 where tenant_id = $1 and id = $2 and step = $3 and state in ('queued', 'running')
        """;

    private const string Fail = """
        update crm_sync_jobs
           set state = 'failed', error = $4, finished_at = now()
         where tenant_id = $1 and id = $2 and step = $3 and state in ('queued', 'running')
        """;

    // The next one comes after the interval, not at once.
    private const string Reconciled = """
        update crm_sync_configs set reconciled_at = now() where tenant_id = $1 and platform = $2 and $3 <> 'manual'
        """;

    /// <summary>Starts a job, or gives back the unfinished one of this tenant and platform: two never run side by side, nor do two dry runs.</summary>
    /// <exception cref="NotConnectedException">The tenant has not connected the platform.</exception>
    /// <exception cref="MatchPlanException">The platform waits for its match plan, or has no use for one any more.</exception>
    public async Task<StartedJob> StartAsync(TenantId tenant, JobOrder order, CancellationToken ct)
    {
        var id = Guid.CreateVersion7();
        var isMatch = order.Mode == SyncMode.Match;
        for (var attempt = 1; ; attempt++)
        {
            var insert = InsertCommand(tenant, id, order);
            NpgsqlBatchCommand[] gate = order.IsDryRun ? [] : [isMatch ? MatchGate.Ask(tenant, order.Platform) : MatchGate.Close(tenant, order.Platform)];
            await database.ExecuteAsync(tenant, [.. gate, insert], ct);
            var isNew = insert.Rows > 0;
            var job = isNew ? await FindAsync(tenant, id, ct) : await FindActiveAsync(tenant, order.Platform, ct, order.IsDryRun);
            if (job is not null)
                return new(job, isNew);
            // The unfinished one may have finished between the two statements; a missing config stays missing.
            if (attempt == 3)
                throw await IsConnectedAsync(tenant, order.Platform, ct) ? new MatchPlanException(order.Platform, isMatch) : new NotConnectedException(tenant, order.Platform);
        }
    }

    public async Task<SyncJob?> FindAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        (await database.QueryAsync(
            tenant, Sql.Command($"select {Columns} {From} and j.id = $2", Sql.Value(tenant.Value), Sql.Value(id)), row => Read(tenant, row), ct))
        .SingleOrDefault();

    /// <summary>The unfinished job of a platform: queued, running or paused.</summary>
    public async Task<SyncJob?> FindActiveAsync(TenantId tenant, Platform platform, CancellationToken ct, bool isDryRun = false) =>
        (await database.QueryAsync(
            tenant,
            Sql.Command(
                $"select {Columns} {From} and j.platform = $2 and j.is_dry_run = $3 and j.state in ('queued', 'running', 'paused')",
                Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Value(isDryRun)),
            row => Read(tenant, row), ct))
        .SingleOrDefault();

    /// <summary>The newest jobs first.</summary>
    public async Task<IReadOnlyList<SyncJob>> ListAsync(TenantId tenant, int max, CancellationToken ct) =>
        await database.QueryAsync(
            tenant, Sql.Command($"select {Columns} {From} order by j.created_at desc, j.id desc limit $2", Sql.Value(tenant.Value), Sql.Value(max)),
            row => Read(tenant, row), ct);

    /// <summary>A step under way when the job is paused commits nothing.</summary>
    /// <returns>False where the job is not running.</returns>
    public Task<bool> PauseAsync(TenantId tenant, Guid id, CancellationToken ct) => MoveAsync(tenant, id, JobState.Paused, ["queued", "running"], ct);

    /// <summary>The caller then sends the message of the job's step, or runs it.</summary>
    /// <returns>False where the job is not paused.</returns>
    public Task<bool> ResumeAsync(TenantId tenant, Guid id, CancellationToken ct) => MoveAsync(tenant, id, JobState.Running, ["paused"], ct);

    /// <returns>False where the job is finished.</returns>
    public Task<bool> CancelAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        MoveAsync(tenant, id, JobState.Cancelled, ["queued", "running", "paused"], ct);

    /// <summary>The same step is to be tried again later; nothing of it was committed.</summary>
    public Task PutOffAsync(SyncJob job, SyncCursor cursor, CancellationToken ct) => database.ExecuteAsync(
        job.Tenant, [Sql.Command(PutOff, Sql.Value(job.Tenant.Value), Sql.Value(job.Id), Sql.Value(job.Step), Sql.Json(JobJson.Write(cursor)))], ct);

    /// <param name="error">For a person; holds no personal data.</param>
    public Task FailAsync(SyncJob job, string error, CancellationToken ct)
    {
        var fail = Sql.Command(Fail, Sql.Value(job.Tenant.Value), Sql.Value(job.Id), Sql.Value(job.Step), Sql.Text(error));
        var reconciled = Sql.Command(Reconciled, Sql.Value(job.Tenant.Value), Sql.Text(job.Platform.ToName()), Sql.Text(job.Mode.ToName()));
        return database.ExecuteAsync(job.Tenant, job.IsDryRun ? [fail] : [fail, reconciled], ct);
    }

    private static NpgsqlBatchCommand InsertCommand(TenantId tenant, Guid id, JobOrder order)
    {
        var cursor = order.Named is { } named ? SyncCursor.Start with { Kind = named.Kind, Ids = named.Ids } : SyncCursor.Start;
        var kinds = order.Named is { } one ? [one.Kind.ToRecordKind()] : order.Kinds;
        return Sql.Command(
            Insert, Sql.Value(tenant.Value), Sql.Value(id), Sql.Text(order.Platform.ToName()), Sql.Text(order.Mode?.ToName()),
            Sql.Array(kinds.Distinct().Select(kind => kind.ToName())), Sql.Text(order.RequestedBy), Sql.Json(JobJson.Write(cursor)),
            Sql.Value(order.IsDryRun));
    }

    private async Task<bool> IsConnectedAsync(TenantId tenant, Platform platform, CancellationToken ct) =>
        (await database.QueryAsync(
            tenant,
            Sql.Command(
                "select 1 from crm_sync_configs where tenant_id = $1 and platform = $2", Sql.Value(tenant.Value), Sql.Text(platform.ToName())),
            _ => true, ct))
        .Count > 0;

    private async Task<bool> MoveAsync(TenantId tenant, Guid id, JobState to, string[] from, CancellationToken ct) =>
        await database.ExecuteAsync(
            tenant, [Sql.Command(Move, Sql.Value(tenant.Value), Sql.Value(id), Sql.Text(to.ToName()), Sql.Array(from))], ct) > 0;

    private static SyncJob Read(TenantId tenant, NpgsqlDataReader row) => new(
        tenant, row.GetGuid(0), Names.Parse<Platform>(row.GetString(1)), Names.Parse<SyncMode>(row.GetString(2)),
        [.. row.GetFieldValue<string[]>(3).Select(Names.Parse<RecordKind>)], Names.Parse<JobState>(row.GetString(4)), row.GetInt64(5),
        JobJson.Read<SyncCursor>(row.GetString(6)), new(JobJson.Read<ImmutableSortedDictionary<RemoteKind, KindCounts>>(row.GetString(7))),
        row.IsDBNull(8) ? null : row.GetInt64(8), row.GetString(9), row.IsDBNull(10) ? null : row.GetString(10),
        row.GetFieldValue<DateTimeOffset>(11), Time(row, 12), row.GetFieldValue<DateTimeOffset>(13), Time(row, 14),
        JobJson.Read<ImmutableDictionary<RemoteKind, KindCursor>>(row.GetString(15)))
    {
        IsDryRun = row.GetBoolean(16),
        Calls = row.GetInt64(17),
    };

    private static DateTimeOffset? Time(NpgsqlDataReader row, int i) => row.IsDBNull(i) ? null : row.GetFieldValue<DateTimeOffset>(i);
}
