namespace Forge.Crm.Adapters.Sync;

internal enum StepState
{
    /// <summary>Committed: send the message of <see cref="StepOutcome.Step"/>, or run it.</summary>
    Next,

    /// <summary>Nothing committed, for a reason that passes: the same step again at <see cref="StepOutcome.At"/>.</summary>
    Later,

    /// <summary>The job has come to its end; its row says how.</summary>
    Finished,

    /// <summary>
    /// Nothing to do for this message: another worker took the step, or the job is paused, finished or not due yet. Sending anything on would
    /// start a second chain; a chain that a crash cut off is taken up by the relay, which rings for running jobs that stand still.
    /// </summary>
    NotMine,
}

/// <param name="Step">The number of the step to run next.</param>
/// <param name="Job">As it stands after the step; null where there is no such job.</param>
internal sealed record StepOutcome(StepState State, long Step, SyncJob? Job, DateTimeOffset? At = null);
