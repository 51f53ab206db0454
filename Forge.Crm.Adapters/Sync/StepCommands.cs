using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What a step writes beside its page, in the page's own transaction.</summary>
internal static class StepCommands
{
    // The guard of every step: who comes second, by redelivery or by running beside the first, affects no row, and all of it is rolled back.
    private const string Take = """
        update crm_sync_jobs
           set step = step + 1, state = $4, cursor = $5, counts = $6, total = $7,
               calls = $8, started_at = coalesce(started_at, now()), finished_at = case when $4 = 'done' then now() end
         where tenant_id = $1 and id = $2 and step = $3 and state in ('queued', 'running')
        """;

    private const string KindDone = "update crm_sync_configs set cursors = cursors || $3 where tenant_id = $1 and platform = $2";

    private const string ImportBegun = """
        update crm_sync_configs set state = 'importing' where tenant_id = $1 and platform = $2 and state = 'connected'
        """;

    private const string JobDone = """
        update crm_sync_configs
           set reconciled_at = now(), state = case when $3 and state in ('connected', 'importing') then 'live' else state end
         where tenant_id = $1 and platform = $2
        """;

    private const string PlanMade = """
        update crm_sync_configs set match_state = 'ready', match_plan = jsonb_build_object('job', $3)
         where tenant_id = $1 and platform = $2 and match_state in ('needed', 'ready')
        """;

    /// <param name="next">The job after this step; its <see cref="SyncJob.Step"/> is already the next one.</param>
    public static IEnumerable<NpgsqlBatchCommand> Commit(SyncJob job, SyncJob next)
    {
        yield return Sql.RequireRow(Sql.Command(
            Take, Sql.Value(job.Tenant.Value), Sql.Value(job.Id), Sql.Value(job.Step), Sql.Text(next.State.ToName()),
            Sql.Json(JobJson.Write(next.Cursor)), Sql.Json(JobJson.Write(next.Counts.Kinds)),
            new() { Value = (object?)next.Total ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint },
            Sql.Value(next.Calls)));
        if (job is { IsDryRun: true, Step: 0 })
            yield return PlanStore.ForgetOthersCommand(job.Tenant, job.Id, job.Platform);
        if (job.IsDryRun)
            yield break;
        var moved = next.KindCursors.Where(pair => job.CursorOf(pair.Key) != pair.Value).ToDictionary(pair => pair.Key, pair => pair.Value);
        if (moved.Count > 0)
            yield return OnConfig(KindDone, job, Sql.Json(JobJson.Write(moved)));
        if (job.Step == 0 && job.Mode == SyncMode.Initial)
            yield return OnConfig(ImportBegun, job);
        if (next.State == JobState.Done && job.Mode == SyncMode.Match)
            yield return OnConfig(PlanMade, job, Sql.Value(job.Id));
        else if (next.State == JobState.Done && job.Mode != SyncMode.Manual)
            yield return OnConfig(JobDone, job, Sql.Value(job.Mode == SyncMode.Initial));
    }

    private static NpgsqlBatchCommand OnConfig(string sql, SyncJob job, params ReadOnlySpan<NpgsqlParameter> more)
    {
        var command = Sql.Command(sql, Sql.Value(job.Tenant.Value), Sql.Text(job.Platform.ToName()));
        foreach (var parameter in more)
            command.Parameters.Add(parameter);
        return command;
    }
}
