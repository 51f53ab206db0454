using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>The steps of a job, run here one after the other instead of from the queue.</summary>
internal sealed class CrmSync(JobStore jobs, SyncSteps steps, Connecting connecting, TimeProvider clock) : ICrmSync
{
    public Task<CrmConnection> ConnectAsync(TenantId tenant, Platform platform, CrmCredentials credentials, CancellationToken ct) =>
        connecting.ConnectAsync(tenant, platform, credentials, person: null, ct);

    public async Task<SyncResult> SyncAsync(SyncRequest request, IProgress<SyncProgress>? progress, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var job = (await jobs.StartAsync(request.Tenant, JobOrder.Of(request), ct)).Job;
        var meter = new ProgressMeter(job, started, clock, progress);
        while (job.IsRunnable)
        {
            var outcome = await steps.RunStepAsync(job.Tenant, job.Id, job.Step, ct);
            job = await NextAsync(job, outcome, meter, ct);
            meter.Show(job);
        }

        var result = SyncResults.Of(job, clock.GetElapsedTime(started));
        return job.State switch
        {
            JobState.Done => result,
            JobState.Paused => throw new SyncFailedException("The job is paused: resume or cancel it.", result),
            JobState.Cancelled => throw new SyncFailedException("The job was cancelled.", result),
            _ => throw new SyncFailedException($"The job failed: {job.Error}", result),
        };
    }

    private async Task<SyncJob> NextAsync(SyncJob job, StepOutcome outcome, ProgressMeter meter, CancellationToken ct)
    {
        if (outcome is { State: StepState.Next or StepState.Finished, Job: { } moved })
            return moved;
        var stored = await jobs.FindAsync(job.Tenant, job.Id, ct) ?? throw new InvalidOperationException($"Job {job.Id} is gone.");
        // Put off, here or by a worker that runs the same job from the queue.
        if (stored.IsRunnable && stored.Cursor.NotBefore is { } at && at > clock.GetUtcNow())
        {
            meter.Show(stored);
            await Task.Delay(at - clock.GetUtcNow(), clock, ct);
        }

        return stored;
    }
}
