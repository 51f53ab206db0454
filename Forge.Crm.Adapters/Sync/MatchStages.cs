using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <summary>
/// Confirms which stages of the platform are stages that the hub knows from elsewhere: they get the same ids, so that a deal's stage goes from
/// one platform to the other. Only before the first load: afterwards deals hold the ids.
/// </summary>
public sealed class MatchStages
{
    private const string State = "select match_state, state from crm_sync_configs where tenant_id = $1 and platform = $2 for no key update";

    private const string Stages = """
        select s.platform = $2, s.pipeline_external_id, s.external_id, s.pipeline_id, s.stage_id from crm_stages s where s.tenant_id = $1
        """;

    private const string Update = """
        update crm_stages t
           set stage_id = coalesce(s.stage_id, t.stage_id), pipeline_id = p.pipeline_id
          from unnest($3, $4) as p(pipeline, pipeline_id)
          left join unnest($5, $6, $7) as s(pipeline, stage, stage_id) on s.pipeline = p.pipeline
         where t.tenant_id = $1 and t.platform = $2 and t.pipeline_external_id = p.pipeline and (s.stage = t.external_id or s.stage is null)
        """;

    private const string Note = """
        insert into crm_audit_log (tenant_id, kind, field, action, new_value, source, changed_at, cause, actor)
        values ($1, 'sync_config', $2, 'configure', $3, 'supabase', clock_timestamp(), 'person', $4)
        """;

    private readonly TenantDatabase _database;
    private readonly PlatformSessions _sessions;

    internal MatchStages(TenantDatabase database, PlatformSessions sessions) => (_database, _sessions) = (database, sessions);

    public async Task<MatchAnswer> ConfirmAsync(
        TenantId tenant, Platform platform, IReadOnlyList<StageChoice> choices, string person, CancellationToken ct)
    {
        await using var transaction = await _database.BeginAsync(tenant, ct);
        var (states, theirs, known) = (new List<(string Match, string State)>(), new HashSet<(string, string)>(), new Dictionary<Guid, Guid>());
        await transaction.ReadAsync(
            [
                (On(State, tenant, platform), row => states.Add((row.GetString(0), row.GetString(1)))),
                (On(Stages, tenant, platform), row =>
                {
                    if (row.GetBoolean(0))
                        theirs.Add((row.GetString(1), row.GetString(2)));
                    else
                        known[row.GetGuid(4)] = row.GetGuid(3);
                }),
            ],
            ct);
        if (states.Count == 0)
            return MatchAnswer.NotFound;
        if (states[0].Match is not ("needed" or "ready"))
            return MatchAnswer.Closed("Stages are confirmed before the plan is approved: afterwards deals hold them.");
        if (Problem(choices, theirs, known) is { } problem)
            return MatchAnswer.Refused(problem);
        await transaction.ExecuteAsync(Commands(tenant, platform, choices, known, person), ct);
        await transaction.CommitAsync(ct);
        _sessions.Forget(tenant);
        return new(MatchAnswerState.Done);
    }

    private static string? Problem(IReadOnlyList<StageChoice> choices, HashSet<(string, string)> theirs, Dictionary<Guid, Guid> known)
    {
        var pipelines = new Dictionary<string, Guid>();
        for (var i = 0; i < choices.Count; i++)
        {
            var choice = choices[i];
            if (!theirs.Contains((choice.Pipeline, choice.Stage)))
                return $"stages[{i}]: the platform has no such stage; take pipeline and stage from the match plan.";
            if (!known.TryGetValue(choice.As, out var pipeline))
                return $"stages[{i}].as is no stage that the hub knows from another platform.";
            if (!pipelines.TryAdd(choice.Pipeline, pipeline) && pipelines[choice.Pipeline] != pipeline)
                return $"stages[{i}]: the stages of one pipeline belong to stages of one pipeline.";
            if (choices.Take(i).Any(before => (before.Pipeline, before.Stage) == (choice.Pipeline, choice.Stage) || before.As == choice.As))
                return $"stages[{i}] names a stage a second time.";
        }

        return null;
    }

    private static NpgsqlBatchCommand[] Commands(
        TenantId tenant, Platform platform, IReadOnlyList<StageChoice> choices, Dictionary<Guid, Guid> known, string person)
    {
        var pipelines = choices.DistinctBy(choice => choice.Pipeline).ToList();
        string[] names = [.. pipelines.Select(choice => choice.Pipeline)];
        Guid[] ids = [.. pipelines.Select(choice => known[choice.As])];
        NpgsqlBatchCommand Set(IReadOnlyList<StageChoice> stages)
        {
            var command = On(Update, tenant, platform);
            foreach (var parameter in new[]
            {
                Sql.Array(names), Sql.Array(ids), Sql.Array(stages.Select(s => s.Pipeline)), Sql.Array(stages.Select(s => s.Stage)), Sql.Array(stages.Select(s => s.As)),
            })
                command.Parameters.Add(parameter);
            return command;
        }

        // First the pipelines of all their stages, then the stages.
        return
        [
            Set([]), Set(choices),
            Sql.Command(Note, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(JobJson.Write(new { stages = choices })), Sql.Text(person)),
        ];
    }

    private static NpgsqlBatchCommand On(string sql, TenantId tenant, Platform platform) =>
        Sql.Command(sql, Sql.Value(tenant.Value), Sql.Text(platform.ToName()));
}
