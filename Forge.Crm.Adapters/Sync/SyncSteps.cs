using System.Collections.Immutable;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.Sync;

/// <summary>
/// Runs a sync job step by step: a step reads a page, applies it like any other change, and commits it together with the job's cursor and
/// counts. Any instance can take the next step; a crash repeats one step at most, and repeating one changes nothing.
/// </summary>
internal sealed partial class SyncSteps(
    JobStore jobs, PlatformSessions sessions, SnapshotApplier applier, AccountStep account, PageReader pages, OnlyHere onlyHere, MatchSteps matching, DryRuns dryRuns,
    TenantDatabase database, SyncStates states, TimeProvider clock, ILogger<SyncSteps> logger)
{
    /// <summary>About a day of trying at the longest wait.</summary>
    private const int MaxAttempts = 100;

    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(15);

    // The bus's clock and ours may differ: a message that comes this much early is not turned away, since nobody would send it again.
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(5);

    private static readonly ImmutableDictionary<SyncMode, CallLane> Lanes = new Dictionary<SyncMode, CallLane>
    {
        [SyncMode.Initial] = CallLane.Backfill,
        [SyncMode.Incremental] = CallLane.Reconcile,
        [SyncMode.Sweep] = CallLane.Backfill,
        [SyncMode.Manual] = CallLane.Interactive,
        [SyncMode.Match] = CallLane.Backfill,
    }.ToImmutableDictionary();

    private readonly PagesAhead _pages = new(pages, clock);

    /// <summary>Runs one step. The caller sends the message that the outcome names, if any.</summary>
    /// <param name="step">The step that the message names; if the job is elsewhere by now, nothing is done.</param>
    public async Task<StepOutcome> RunStepAsync(TenantId tenant, Guid jobId, long step, CancellationToken ct)
    {
        var job = await jobs.FindAsync(tenant, jobId, ct);
        if (job is not { IsRunnable: true } || job.Step != step || job.Cursor.NotBefore > clock.GetUtcNow() + Early)
            return new(StepState.NotMine, job?.Step ?? step, job);
        CallCount.Begin();
        try
        {
            if (await sessions.OpenAsync(tenant, job.Platform, Lanes[job.Mode], ct, isForPlan: true) is not { } session)
                return await PutOffAsync(job, "the platform is disconnected, disabled or paused, or its strategies cannot be read", MaxWait, ct);
            if (job.IsDryRun)
                session = await dryRuns.OpenAsync(job, session, Lanes[job.Mode], ct);
            return Outcome(
                job.Cursor.Phase == SyncPhase.Account ? await StartAsync(job, session, ct)
                : MatchSteps.IsFor(job) ? await MatchAsync(job, session, ct)
                : job.Cursor.Phase == SyncPhase.OnlyHere ? await OnlyHereAsync(job, session, ct)
                : job.Cursor.Phase == SyncPhase.Queued ? await QueuedAsync(job, session, ct)
                : await PageAsync(job, session, ct));
        }
        catch (StaleStepException)
        {
            return new(StepState.NotMine, step, job);
        }
        catch (CrmCallException e) when (e.IsTransient)
        {
            return await PutOffAsync(job, e.Message, e.RetryAfter, ct, e.DayEnds);
        }
        catch (CrmCallException e)
        {
            return await FailAsync(job, e.Message, e.IsUnauthorized, ct);
        }
    }

    private static StepOutcome Outcome(SyncJob job) => new(job.State == JobState.Done ? StepState.Finished : StepState.Next, job.Step, job);

    /// <summary>Step 0: the account's owners, stages and conventions; how much there is to read.</summary>
    private async Task<SyncJob> StartAsync(SyncJob job, PlatformSession session, CancellationToken ct)
    {
        var route = RouteOf(job, session);
        var total = await account.RunAsync(job, session, route, ct);
        var next = Next(job, route.After(job.Cursor), job.Counts) with { Total = total };
        await using var transaction = await database.BeginAsync(job.Tenant, ct);
        await transaction.ExecuteAsync([.. StepCommands.Commit(job, next)], ct);
        await transaction.CommitAsync(ct);
        return next;
    }

    private async Task<SyncJob> PageAsync(SyncJob job, PlatformSession session, CancellationToken ct)
    {
        var route = RouteOf(job, session);
        var page = await _pages.ReadAsync(job, session.Account, ct);
        _pages.Begin(job, page, session.Account);
        if (session.DryRun is { } run)
            page = await DryRuns.ShownAsync(job, run, page, ct);
        var cause = new Cause(CauseKind.Job, job.Id.ToString(), job.RequestedBy) { IsNews = job.Mode != SyncMode.Initial };
        var next = job;
        await applier.ApplyAsync(
            session, [.. page.Snapshots.Select(snapshot => job.Cursor.Phase == SyncPhase.Archived ? Observation.Gone(snapshot, cause) : Observation.Of(snapshot, cause))],
            new(_ => [], all => StepCommands.Commit(job, next = After(job, page, all, route))), ct);
        return next;
    }

    /// <summary>What the platform lacks is queued; a dry run notes what it would come to.</summary>
    private async Task<SyncJob> OnlyHereAsync(SyncJob job, PlatformSession session, CancellationToken ct)
    {
        var found = await onlyHere.ReadAsync(job, session, ct);
        var next = After(job, found.Page, [], RouteOf(job, session));
        if (session.DryRun is { } run)
        {
            await dryRuns.NoteAsync(run, [.. found.Records.Select(id => new PushDue(job.Platform, found.Kind, id))], StepCommands.Commit(job, next), ct);
            return next;
        }

        await using var transaction = await database.BeginAsync(job.Tenant, ct);
        await transaction.ExecuteAsync([.. OnlyHere.QueueCommands(job, found), .. StepCommands.Commit(job, next)], ct);
        await transaction.CommitAsync(ct);
        return next;
    }

    /// <summary>The end of a dry run: what was queued before it.</summary>
    private async Task<SyncJob> QueuedAsync(SyncJob job, PlatformSession session, CancellationToken ct)
    {
        var page = await DryRuns.QueuedAsync(job, session.DryRun!, ct);
        var next = After(job, new StepPage([], 0, page.Cursor, page.IsLast), [], RouteOf(job, session));
        await dryRuns.NoteAsync(session.DryRun!, page.Pushes, StepCommands.Commit(job, next), ct);
        return next;
    }

    /// <summary>Nothing of it goes through the engine: it compares both sides, or turns an approved plan into links.</summary>
    private async Task<SyncJob> MatchAsync(SyncJob job, PlatformSession session, CancellationToken ct)
    {
        var step = await matching.RunAsync(job, session, ct);
        var next = After(job, step.Page, step.Refused, RouteOf(job, session));
        await using var transaction = await database.BeginAsync(job.Tenant, ct);
        await transaction.ExecuteAsync([.. step.Commands, .. StepCommands.Commit(job, next)], ct);
        await transaction.CommitAsync(ct);
        if (step.IsSettled)
            sessions.Forget(job.Tenant); // open from now on
        return next;
    }

    private static SyncJob After(SyncJob job, StepPage page, IReadOnlyList<Applied> applied, SyncRoute route)
    {
        var tally = new PageTally(job.Cursor.Kind!.Value, page, applied);
        var cursor = page.Cursor with { Attempts = 0, NotBefore = null, DayEnds = null, Errors = tally.Add(job.Cursor.Errors) };
        var next = Next(job, page.IsPhaseDone ? route.After(cursor) : cursor, tally.Add(job.Counts));
        return next with
        {
            Total = page.NewTotal is { } more ? (job.Total ?? 0) + more : job.Total,
            KindCursors = page.IsPhaseDone ? Moved(job, cursor) : job.KindCursors,
            // What failed stays in the row of a finished job: there is no other place for it.
            Cursor = next.State == JobState.Done ? new() { Errors = cursor.Errors } : next.Cursor,
        };
    }

    private static SyncJob Next(SyncJob job, SyncCursor? cursor, SyncCounts counts) => job with
    {
        Step = job.Step + 1,
        State = cursor is null ? JobState.Done : JobState.Running,
        Cursor = cursor ?? job.Cursor,
        Counts = counts,
        Calls = job.Calls + CallCount.SoFar,
    };

    /// <summary>A phase that is complete has read everything up to the moment when its kind was begun.</summary>
    private static ImmutableDictionary<RemoteKind, KindCursor> Moved(SyncJob job, SyncCursor done)
    {
        if (job.Mode is SyncMode.Manual or SyncMode.Match)
            return job.KindCursors;
        var (kind, at) = (done.Kind!.Value, done.KindStartedAt);
        var held = job.CursorOf(kind);
        return job.KindCursors.SetItem(kind, done.Phase switch
        {
            SyncPhase.Archived => held with { ArchivedAt = at },
            SyncPhase.List or SyncPhase.Changed when !(held.ChangedTo > at) => held with { ChangedTo = at },
            _ => held,
        });
    }

    private SyncRoute RouteOf(SyncJob job, PlatformSession session) => new(job, session.Connector.Kinds, clock.GetUtcNow());

    private async Task<StepOutcome> PutOffAsync(SyncJob job, string reason, TimeSpan? atLeast, CancellationToken ct, DateTimeOffset? dayEnds = null)
    {
        // A day that is used up is no failure, however often it happens.
        var attempts = job.Cursor.Attempts + (dayEnds is null ? 1 : 0);
        if (attempts > MaxAttempts)
            return await FailAsync(job, $"given up after {MaxAttempts} attempts: {reason}", isUnauthorized: false, ct);
        var wait = TimeSpan.FromSeconds(Math.Min(MaxWait.TotalSeconds, Math.Pow(2, Math.Min(attempts, 10))));
        var at = clock.GetUtcNow() + (wait > atLeast ? wait : atLeast ?? wait);
        await jobs.PutOffAsync(job, job.Cursor with { Attempts = attempts, NotBefore = at, DayEnds = dayEnds }, ct);
        LogPutOff(logger, job.Id, job.Step, attempts, reason);
        return new(StepState.Later, job.Step, job, at);
    }

    private async Task<StepOutcome> FailAsync(SyncJob job, string error, bool isUnauthorized, CancellationToken ct)
    {
        LogFailed(logger, job.Id, job.Step, error);
        await jobs.FailAsync(job, error, ct);
        if (isUnauthorized)
            await states.RequireReauthAsync(job.Tenant, job.Platform, ct);
        return new(StepState.Finished, job.Step, await jobs.FindAsync(job.Tenant, job.Id, ct));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Job}: step {Step} was put off, attempt {Attempt}: {Reason}")]
    private static partial void LogPutOff(ILogger logger, Guid job, long step, int attempt, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Job} failed at step {Step}: {Error}")]
    private static partial void LogFailed(ILogger logger, Guid job, long step, string error);
}
