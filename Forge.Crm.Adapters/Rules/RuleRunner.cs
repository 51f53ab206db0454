using Forge.Crm.Adapters.Leads;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>What one rule came to with one event.</summary>
internal enum RunOutcome
{
    /// <summary>Its condition does not hold, or it acted before.</summary>
    Nothing,
    Done,
    Failed,
    Stopped,

    /// <summary>Another worker was faster, or had a row: nothing was done, and it is tried again.</summary>
    Again,
}

/// <summary>
/// Runs a tenant's rules on events, inside the transaction of whoever has them: a rule's actions are committed with the change that they answer, or not
/// at all. Each run is behind a savepoint, so a rule that fails takes nothing else with it.
/// </summary>
internal sealed partial class RuleRunner(TimeProvider clock, ILogger<RuleRunner> logger)
{
    /// <summary>Rules' actions that lead to further actions; a chain that is longer is a loop.</summary>
    public const int MaxDepth = 5;

    /// <summary>Runs of one rule on one record in an hour; more is a loop, perhaps by way of a platform.</summary>
    public const int MaxRunsAnHour = 20;

    /// <summary>What of a batch is done at once; the rest waits for the rules' own queue.</summary>
    private const int MostAtOnce = 100;

    private const string Save = "savepoint rule_run";
    private const string Release = "release savepoint rule_run";
    private const string TakeBack = "rollback to savepoint rule_run";
    private const string Act = "select set_config('app.rule', $1, true), set_config('app.rule_depth', $2, true), set_config('app.actor', $3, true)";

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(2);

    /// <summary>What the engine has just written, and then what the rules made of it, in the same transaction.</summary>
    /// <returns>Whether any rule did anything.</returns>
    public async Task<bool> RunChangesAsync(TenantTransaction transaction, TenantId tenant, RuleSet set, WorkingSet working, BatchPlan plan, CancellationToken ct)
    {
        var facts = set.At(clock.GetUtcNow());
        var (acted, count) = (false, 0);
        foreach (var (happened, record) in PlannedEvents.Of(working, plan, set.IsHeard, facts.ShapeOf, facts.Now))
        {
            var keys = happened.Changes.IsEmpty ? [$"{happened.Kind!.Value.ToName()}:{KeyOf(happened.Type)}"] : happened.Changes.Keys.Select(field => $"{happened.Kind!.Value.ToName()}:set:{field}");
            if (!Firing(set, new(happened, record, [.. keys], 1), facts).Any())
                continue;
            var id = await RuleEventRows.InsertAsync(transaction, tenant, happened, isTaken: count < MostAtOnce, ct);
            // Of a burst of events that rules act on, the rest is done by the rules' own queue: the batch must not wait for it.
            if (++count <= MostAtOnce)
                acted |= await RunAsync(transaction, tenant, set, new(happened with { Id = id }, record, [.. keys], 1), facts, ct);
        }

        return count > 0 && (await RunOwnAsync(transaction, tenant, set, facts, ct) || acted);
    }

    /// <summary>What this transaction's rules gave rules to look at.</summary>
    public async Task<bool> RunOwnAsync(TenantTransaction transaction, TenantId tenant, RuleSet set, RuleFacts facts, CancellationToken ct)
    {
        var acted = false;
        for (var after = 0L; ;)
        {
            var own = await RuleEventRows.ReadOwnAsync(transaction, tenant, set, after, ct);
            if (own.Count == 0)
                return acted;
            foreach (var heard in own)
                acted |= await RunAsync(transaction, tenant, set, heard with { Attempts = 1 }, facts, ct);
            after = own[^1].Event.Id;
        }
    }

    /// <summary>Shows one event to every rule that it may be for, in their order, and writes what became of it.</summary>
    public async Task<bool> RunAsync(TenantTransaction transaction, TenantId tenant, RuleSet set, HeardEvent heard, RuleFacts facts, CancellationToken ct)
    {
        var outcomes = new List<RunOutcome>();
        foreach (var scope in Firing(set, heard, facts))
            outcomes.Add(await RunAsync(transaction, tenant, scope, ct));
        await transaction.ExecuteAsync([.. End(tenant, heard, outcomes)], ct);
        return outcomes.Contains(RunOutcome.Done);
    }

    private static IEnumerable<NpgsqlBatchCommand> End(TenantId tenant, HeardEvent heard, List<RunOutcome> outcomes)
    {
        if (outcomes.Contains(RunOutcome.Again))
            return heard.Attempts < RuleEventRows.MaxAttempts
                ? [RuleEventRows.PutOffCommand(tenant, heard.Event.Id, "another worker had what a rule needs", FirstWait * Math.Pow(2, heard.Attempts - 1))]
                : RuleEventRows.FinishCommands(tenant, heard, "failed", "again and again, another worker had what a rule needs");
        return RuleEventRows.FinishCommands(
            tenant, heard,
            outcomes.Contains(RunOutcome.Stopped) ? "stopped" : outcomes.Contains(RunOutcome.Failed) ? "failed" : outcomes.Contains(RunOutcome.Done) ? "done" : null,
            outcomes.Contains(RunOutcome.Failed) ? "a rule failed; its run says why" : null);
    }

    // What the record alone decides is decided here, without a question to the database.
    private static IEnumerable<RuleScope> Firing(RuleSet set, HeardEvent heard, RuleFacts facts)
    {
        var rules = heard.Event.OnlyRule is { } only ? set.Rules.Where(rule => rule.Id == only) : set.Listening(heard.Keys);
        return rules.Select(rule => RuleEngine.Fires(rule, heard.Event, heard.Record, facts)).OfType<RuleScope>();
    }

    private async Task<RunOutcome> RunAsync(TenantTransaction transaction, TenantId tenant, RuleScope scope, CancellationToken ct)
    {
        var (rule, happened) = (scope.Rule, scope.Event);
        await transaction.ExecuteAsync(
            [Sql.Command(Save), Sql.Command(Act, Sql.Text($"{rule.Id}:{happened.Id}"), Sql.Text($"{happened.Depth + 1}"), Sql.Text($"rule '{rule.Name}'"))], ct);
        try
        {
            var outcome = await DoAsync(transaction, tenant, scope, ct);
            await transaction.ExecuteAsync([Sql.Command(Release), Sql.Command(Act, Sql.Text(""), Sql.Text(""), Sql.Text(""))], ct);
            return outcome;
        }
        catch (RuleRunException e)
        {
            return await FailAsync(transaction, tenant, scope, e.Message, ct);
        }
        catch (PostgresException e) when (e.SqlState[..2] is "22" or "23" or "54")
        {
            return await FailAsync(transaction, tenant, scope, $"the database refuses what it would write: {e.SqlState} {e.ColumnName ?? e.ConstraintName}".TrimEnd(), ct);
        }
        catch (Exception e) when (e is StaleStepException or PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.LockNotAvailable })
        {
            await transaction.ExecuteAsync([Sql.Command(TakeBack)], ct);
            return RunOutcome.Again;
        }
    }

    private async Task<RunOutcome> DoAsync(TenantTransaction transaction, TenantId tenant, RuleScope scope, CancellationToken ct)
    {
        var (rule, happened) = (scope.Rule, scope.Event);
        var state = await RuleRunRows.StateAsync(transaction, tenant, rule, happened, MaxRunsAnHour, ct);
        if (state.IsDone)
            return RunOutcome.Nothing;
        await RuleFinds.BindAsync(transaction, tenant, scope, ct);
        if (RuleEngine.Decide(scope, NewId, state.Turn) is not { } decision)
            return RunOutcome.Nothing;
        var loop = happened.Depth >= MaxDepth ? $"rules set each other off: {MaxDepth} in a row lead here"
            : state.Lately >= MaxRunsAnHour ? $"it acted {MaxRunsAnHour} times on this record within an hour"
            : null;
        if (loop is not null)
        {
            LoopStopped(logger, rule.Id, tenant, loop);
            await transaction.ExecuteAsync([RuleRunRows.Stopped(tenant, rule, happened, loop), RuleNotices.Stopped(tenant, rule, happened, loop)], ct);
            return RunOutcome.Stopped;
        }

        await transaction.ExecuteAsync(
            [
                .. decision.Effects.SelectMany(effect => RuleWrites.Commands(tenant, effect, scope.Facts.ShapeOf)),
                .. RuleNotices.Commands(tenant, rule, happened, decision.Effects),
                .. LeadRows.Commands(tenant, rule, happened, decision.Effects),
                .. RuleRunRows.Done(tenant, rule, happened, decision, scope.Records.Select(found => found.Record.Id)),
            ], ct);
        return RunOutcome.Done;
    }

    private async Task<RunOutcome> FailAsync(TenantTransaction transaction, TenantId tenant, RuleScope scope, string reason, CancellationToken ct)
    {
        await transaction.ExecuteAsync([Sql.Command(TakeBack)], ct);
        RuleFailed(logger, scope.Rule.Id, tenant, scope.Event.Id, reason);
        if (await RuleRunRows.FailAsync(transaction, tenant, scope.Rule, scope.Event, reason, ct))
            await transaction.ExecuteAsync([RuleNotices.SwitchedOff(tenant, scope.Rule, scope.Event, reason)], ct);
        return RunOutcome.Failed;
    }

    private static string KeyOf(RuleEventType type) => type switch
    {
        RuleEventType.Created => "create",
        RuleEventType.Deleted => "delete",
        _ => "restore",
    };

    private Guid NewId() => Guid.CreateVersion7(clock.GetUtcNow());

    [LoggerMessage(LogLevel.Warning, "Rule {Rule} of tenant {Tenant} failed on event {Event}: {Reason}")]
    private static partial void RuleFailed(ILogger logger, Guid rule, TenantId tenant, long @event, string reason);

    [LoggerMessage(LogLevel.Error, "Rule {Rule} of tenant {Tenant} was stopped: {Reason}")]
    private static partial void LoopStopped(ILogger logger, Guid rule, TenantId tenant, string reason);
}
