using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Sync;

public enum MatchAnswerState
{
    Done,

    /// <summary>No such platform or item of this tenant.</summary>
    NotFound,

    /// <summary>The plan, or the item, has come too far for that, or not far enough.</summary>
    Closed,

    /// <summary>What was asked for contradicts itself, or the connection.</summary>
    Refused,
}

/// <param name="Reason">For a person: the place and the remedy.</param>
/// <param name="Job">The job that was started, or found under way.</param>
public sealed record MatchAnswer(MatchAnswerState State, string? Reason = null, Guid? Job = null)
{
    public static readonly MatchAnswer NotFound = new(MatchAnswerState.NotFound);

    public static MatchAnswer Closed(string reason) => new(MatchAnswerState.Closed, reason);

    public static MatchAnswer Refused(string reason) => new(MatchAnswerState.Refused, reason);
}

/// <summary>A stage of the platform, and the hub's stage that it is.</summary>
public sealed record StageChoice(string Pipeline, string Stage, Guid As);

/// <summary>The match plan of a first connection: made, given its rule, approved.</summary>
public sealed class MatchPlans
{
    private const string Select = """
        select c.match_state, c.match_plan ->> 'job', c.direction, c.kinds,
               (select min(other.platform) from crm_sync_configs other
                 where other.tenant_id = $1 and other.platform <> $2 and other.enabled and other.direction in ('read', 'two_way')
                   and other.state in ('connected', 'importing') and other.match_state in ('none', 'approved', 'settled'))
          from crm_sync_configs c where c.tenant_id = $1 and c.platform = $2 for no key update of c
        """;

    private const string Approve = """
        update crm_sync_configs
           set match_state = 'approved', kinds = $3,
               match_plan = match_plan || jsonb_build_object('choices', $4, 'approved_by', $5::text, 'approved_at', clock_timestamp())
         where tenant_id = $1 and platform = $2
        """;

    private const string SetRule = """
        update crm_sync_configs set deal_match = $3, match_state = case match_state when 'ready' then 'needed' else match_state end
         where tenant_id = $1 and platform = $2
        """;

    private readonly TenantDatabase _database;
    private readonly PlatformSessions _sessions;
    private readonly JobStore _jobs;
    private readonly Rings _rings;

    internal MatchPlans(TenantDatabase database, PlatformSessions sessions, JobStore jobs, Rings rings) =>
        (_database, _sessions, _jobs, _rings) = (database, sessions, jobs, rings);

    /// <summary>Starts the job that makes the plan, or makes it anew.</summary>
    public async Task<MatchAnswer> StartAsync(TenantId tenant, Platform platform, string person, CancellationToken ct)
    {
        await using (var transaction = await _database.BeginAsync(tenant, ct))
        {
            if (await FindAsync(transaction, tenant, platform, ct) is not { } found)
                return MatchAnswer.NotFound;
            if (found.Loading is { } other)
                return MatchAnswer.Closed(Unfinished(other));
        }

        return await RunAsync(tenant, platform, SyncMode.Match, person, ct);
    }

    /// <summary>Sets by what deals match; a plan that was made by another rule has to be made again.</summary>
    /// <param name="parts">See <see cref="DealRule"/>; empty: deals never match.</param>
    /// <returns>False where the tenant has not connected the platform.</returns>
    /// <exception cref="FormatException">It is no rule; nothing was saved.</exception>
    public async Task<bool> SetDealRuleAsync(TenantId tenant, Platform platform, IReadOnlyList<string> parts, string person, CancellationToken ct)
    {
        var rule = DealRule.Parse(parts);
        await using var transaction = await _database.BeginAsync(tenant, ct);
        var update = Sql.Command(SetRule, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Array(rule.Parts));
        await transaction.ExecuteAsync([StrategySettings.ActFor(person), update], ct);
        await transaction.CommitAsync(ct);
        _sessions.Forget(tenant);
        return update.RecordsAffected > 0;
    }

    /// <summary>Lets the first load begin, with these choices.</summary>
    /// <param name="plan">The plan that the person has looked at.</param>
    /// <param name="choices">One for each kind that the connection syncs.</param>
    public async Task<MatchAnswer> ApproveAsync(
        TenantId tenant, Platform platform, Guid plan, IReadOnlyDictionary<RecordKind, MatchChoice> choices, string person, CancellationToken ct)
    {
        await using (var transaction = await _database.BeginAsync(tenant, ct))
        {
            if (await FindAsync(transaction, tenant, platform, ct) is not { } found)
                return MatchAnswer.NotFound;
            if (found.State != MatchState.Ready || found.Plan != plan)
                return MatchAnswer.Closed(found.State == MatchState.Ready ? "Another plan has been made since; look at that one." : $"There is no plan to approve: its state is {found.State.ToName()}.");
            if (found.Loading is { } other)
                return MatchAnswer.Closed(Unfinished(other));
            if (Problem(found, choices) is { } problem)
                return MatchAnswer.Refused(problem);
            await transaction.ExecuteAsync([StrategySettings.ActFor(person), ApproveCommand(tenant, platform, found, choices, person)], ct);
            await transaction.CommitAsync(ct);
        }

        _sessions.Forget(tenant);
        return await RunAsync(tenant, platform, SyncMode.Initial, person, ct);
    }

    private static NpgsqlBatchCommand ApproveCommand(
        TenantId tenant, Platform platform, Found found, IReadOnlyDictionary<RecordKind, MatchChoice> choices, string person) => Sql.Command(
        Approve, Sql.Value(tenant.Value), Sql.Text(platform.ToName()),
        Sql.Array(found.Kinds.Where(kind => choices[kind] != MatchChoice.Ignore).Select(kind => kind.ToName())),
        Sql.Json(JobJson.Write(choices)), Sql.Text(person));

    private async Task<MatchAnswer> RunAsync(TenantId tenant, Platform platform, SyncMode mode, string person, CancellationToken ct)
    {
        try
        {
            var started = await _jobs.StartAsync(tenant, new(platform, mode, [], null, person), ct);
            _sessions.Forget(tenant);
            if (started.IsNew)
                await _rings.StepAsync(tenant, platform, started.Job.Id, started.Job.Step, ct);
            return started.Job.Mode == mode
                ? new(MatchAnswerState.Done, Job: started.Job.Id)
                : MatchAnswer.Closed($"A job of another kind is under way ({started.Job.Mode.ToName()}): let it end, or cancel it.");
        }
        catch (MatchPlanException e)
        {
            return MatchAnswer.Closed(e.Message);
        }
    }

    private static string? Problem(Found found, IReadOnlyDictionary<RecordKind, MatchChoice> choices)
    {
        string Kinds(IEnumerable<RecordKind> kinds) => string.Join(", ", kinds.Select(kind => kind.ToName()));
        var (missing, foreign) = (found.Kinds.Except(choices.Keys).ToList(), choices.Keys.Except(found.Kinds).ToList());
        return missing.Count > 0 ? $"choices: there is none for {Kinds(missing)}; name every kind, with link_only, create_here, create_there, create_missing or ignore."
            : foreign.Count > 0 ? $"choices: {Kinds(foreign)} is not synced with this platform; leave it out."
            : choices.Values.All(choice => choice == MatchChoice.Ignore) ? "choices: with every kind ignored nothing is left to sync; disable the connection instead."
            : found.Direction == SyncDirection.Read && choices.FirstOrDefault(choice => choice.Value.CreatesThere()) is { Value: not MatchChoice.LinkOnly } there
                ? $"choices.{there.Key.ToName()}: {there.Value.ToName()} writes to the platform, and this connection only reads; choose create_here or link_only, or make it two_way first."
            : found.Direction == SyncDirection.Write && choices.FirstOrDefault(choice => choice.Value.CreatesHere()) is { Value: not MatchChoice.LinkOnly } here
                ? $"choices.{here.Key.ToName()}: {here.Value.ToName()} takes records from the platform, and this connection only writes; choose create_there or link_only, or make it two_way first."
            : null;
    }

    private static string Unfinished(string other) =>
        $"The first load of {other} is not complete: what the hub will hold is not known yet. Let it end first.";

    private static async Task<Found?> FindAsync(TenantTransaction transaction, TenantId tenant, Platform platform, CancellationToken ct)
    {
        Found? found = null;
        await transaction.ReadAsync(
            [
                (Sql.Command(Select, Sql.Value(tenant.Value), Sql.Text(platform.ToName())), row => found = new(
                    Names.Parse<MatchState>(row.GetString(0)), row.IsDBNull(1) ? null : Guid.Parse(row.GetString(1)), Names.Parse<SyncDirection>(row.GetString(2)),
                    [.. row.GetFieldValue<string[]>(3).Select(Names.Parse<RecordKind>)], row.IsDBNull(4) ? null : row.GetString(4))),
            ],
            ct);
        return found;
    }

    /// <param name="Loading">Another platform whose first load is not complete.</param>
    private sealed record Found(MatchState State, Guid? Plan, SyncDirection Direction, IReadOnlyList<RecordKind> Kinds, string? Loading);
}
