using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Turns a job's rows into rates; what was read before this call counts as done, not as speed.</summary>
internal sealed class ProgressMeter(SyncJob first, long started, TimeProvider clock, IProgress<SyncProgress>? progress)
{
    private readonly long _doneBefore = first.Counts.Read;

    public void Show(SyncJob job)
    {
        if (progress is null)
            return;
        var done = job.Counts.Read;
        var seconds = clock.GetElapsedTime(started).TotalSeconds;
        var perSecond = seconds > 0 ? (done - _doneBefore) / seconds : 0;
        RemoteKind? kind = job.State == JobState.Done ? null : job.Cursor.Kind;
        progress.Report(new(kind, done, job.Total, perSecond, TimeLeft(job, done, perSecond), job.Step, job.Cursor.DayEnds));
    }

    private static TimeSpan? TimeLeft(SyncJob job, long done, double perSecond) =>
        job.State == JobState.Done ? TimeSpan.Zero
        : perSecond > 0 && job.Total is { } total ? TimeSpan.FromSeconds(Math.Max(0, total - done) / perSecond)
        : null;
}
