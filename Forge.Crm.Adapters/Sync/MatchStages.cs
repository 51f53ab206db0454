using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

/// <summary>
/// Confirms which stages of the platform are stages that the hub knows from elsewhere: they get the same ids, so that a deal's stage goes from
/// one platform to the other. Before the first load nothing holds the ids; of a stage that came later the deals that hold it move along, as a person's edits.
/// </summary>
public sealed class MatchStages
{
    private const string State = "select state from crm_sync_configs where tenant_id = $1 and platform = $2 for no key update";

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

    // What the platform shows of them is the same stage from now on; the other platforms are told, as of any edit. What stands in a stage that another platform has,
    // too, stays: before the first load somebody may have thought better of it.
    private const string MoveDeals = """
        update crm_deals d
           set stage_id = moved.new_stage, pipeline_id = moved.new_pipeline
          from (select t.stage_id as old_stage, coalesce(s.stage_id, t.stage_id) as new_stage, p.pipeline_id as new_pipeline
                  from crm_stages t
                  join unnest($3, $4) as p(pipeline, pipeline_id) on p.pipeline = t.pipeline_external_id
                  left join unnest($5, $6, $7) as s(pipeline, stage, stage_id) on s.pipeline = t.pipeline_external_id and s.stage = t.external_id
                 where t.tenant_id = $1 and t.platform = $2
                   and not exists (select from crm_stages other where other.tenant_id = $1 and other.stage_id = t.stage_id and other.platform <> $2)) moved
         where d.tenant_id = $1 and d.stage_id = moved.old_stage and (d.stage_id, d.pipeline_id) is distinct from (moved.new_stage, moved.new_pipeline)
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
        var (states, theirs, known) = (new List<string>(), new Dictionary<(string, string), (Guid Pipeline, Guid Stage)>(), new Dictionary<Guid, Guid>());
        await transaction.ReadAsync(
            [
                (On(State, tenant, platform), row => states.Add(row.GetString(0))),
                (On(Stages, tenant, platform), row =>
                {
                    if (row.GetBoolean(0))
                        theirs[(row.GetString(1), row.GetString(2))] = (row.GetGuid(3), row.GetGuid(4));
                    else
                        known[row.GetGuid(4)] = row.GetGuid(3);
                }),
            ],
            ct);
        if (states.Count == 0)
            return MatchAnswer.NotFound;
        if (states[0] is not ("connected" or "live"))
            return MatchAnswer.Closed($"Stages are confirmed before the first load or while the connection is live; it is '{states[0]}' now.");
        if (Problem(choices, theirs, known, isLive: states[0] == "live") is { } problem)
            return MatchAnswer.Refused(problem);
        await transaction.ExecuteAsync([StrategySettings.ActFor(person), .. Commands(tenant, platform, choices, known, person)], ct);
        await transaction.CommitAsync(ct);
        _sessions.Forget(tenant);
        return new(MatchAnswerState.Done);
    }

    private static string? Problem(IReadOnlyList<StageChoice> choices, Dictionary<(string, string), (Guid Pipeline, Guid Stage)> theirs, Dictionary<Guid, Guid> known, bool isLive)
    {
        var pipelines = new Dictionary<string, Guid>();
        for (var i = 0; i < choices.Count; i++)
        {
            var choice = choices[i];
            if (!theirs.TryGetValue((choice.Pipeline, choice.Stage), out var now))
                return $"stages[{i}]: the platform has no such stage; take pipeline and stage from the match plan.";
            if (!known.TryGetValue(choice.As, out var pipeline))
                return $"stages[{i}].as is no stage that the hub knows from another platform.";
            if (isLive && now.Stage != choice.As && known.ContainsKey(now.Stage))
                return $"stages[{i}] is confirmed already, and deals of all platforms hold it; move them, and rename the stage instead.";
            if (isLive && now.Pipeline != pipeline && known.ContainsValue(now.Pipeline))
                return $"stages[{i}]: its pipeline is confirmed already as another one.";
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
        NpgsqlBatchCommand Set(string sql, IReadOnlyList<StageChoice> stages)
        {
            var command = On(sql, tenant, platform);
            foreach (var parameter in new[]
            {
                Sql.Array(names), Sql.Array(ids), Sql.Array(stages.Select(s => s.Pipeline)), Sql.Array(stages.Select(s => s.Stage)), Sql.Array(stages.Select(s => s.As)),
            })
                command.Parameters.Add(parameter);
            return command;
        }

        // First the deals, while the old ids are known; then the pipelines of all their stages, then the stages.
        return
        [
            Set(MoveDeals, choices), Set(Update, []), Set(Update, choices),
            Sql.Command(Note, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(JobJson.Write(new { stages = choices })), Sql.Text(person)),
        ];
    }

    private static NpgsqlBatchCommand On(string sql, TenantId tenant, Platform platform) =>
        Sql.Command(sql, Sql.Value(tenant.Value), Sql.Text(platform.ToName()));
}
