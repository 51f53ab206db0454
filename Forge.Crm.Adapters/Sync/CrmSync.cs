using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>The steps of a job, run here one after the other instead of from the queue.</summary>
internal sealed class CrmSync(
    JobStore jobs, SyncSteps steps, ConnectionStore connections, PlatformSessions sessions, IEnumerable<ICrmConnector> connectors,
    ISecretStore secrets, TimeProvider clock) : ICrmSync
{
    public async Task<CrmConnection> ConnectAsync(TenantId tenant, Platform platform, CrmCredentials credentials, CancellationToken ct)
    {
        var account = await DescribeAsync(tenant, platform, credentials, ct);
        if (await connections.FindAsync(tenant, platform, ct) is { } held && held.AccountId != account.Id)
            throw new CrmConnectException($"The tenant's records are linked to {platform} account {held.AccountId}; these credentials open account {account.Id}.");
        // Only now: credentials that do not work must not take the place of those that do.
        var secretRef = $"tenant-{tenant}-{platform.ToName()}";
        await secrets.SetAsync(secretRef, credentials.Secret, ct);
        var webhookRef = credentials.WebhookSecret is null ? null : $"{secretRef}-webhook";
        if (credentials.WebhookSecret is { } webhookSecret)
            await secrets.SetAsync(webhookRef!, webhookSecret, ct);
        await connections.ConnectAsync(tenant, platform, account, secretRef, webhookRef, ct);
        await connections.AdoptAsync(tenant, account, ct);
        sessions.Forget(tenant);
        var connection = await connections.FindAsync(tenant, platform, ct)
            ?? throw new CrmConnectException("The connection was removed while it was made.");
        return new(connection.AccountId, connection.PathKey, account.TimeZone, account.Currency);
    }

    public async Task<SyncResult> SyncAsync(SyncRequest request, IProgress<SyncProgress>? progress, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var job = (await jobs.StartAsync(request.Tenant, OrderOf(request), ct)).Job;
        var meter = new ProgressMeter(job, started, clock, progress);
        while (job.IsRunnable)
        {
            var outcome = await steps.RunStepAsync(job.Tenant, job.Id, job.Step, ct);
            job = await NextAsync(job, outcome, ct);
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

    private async Task<SyncJob> NextAsync(SyncJob job, StepOutcome outcome, CancellationToken ct)
    {
        if (outcome is { State: StepState.Next or StepState.Finished, Job: { } moved })
            return moved;
        var stored = await jobs.FindAsync(job.Tenant, job.Id, ct) ?? throw new InvalidOperationException($"Job {job.Id} is gone.");
        // Put off, here or by a worker that runs the same job from the queue.
        if (stored.IsRunnable && stored.Cursor.NotBefore is { } at && at > clock.GetUtcNow())
            await Task.Delay(at - clock.GetUtcNow(), clock, ct);
        return stored;
    }

    private async Task<RemoteAccount> DescribeAsync(TenantId tenant, Platform platform, CrmCredentials credentials, CancellationToken ct)
    {
        var connector = connectors.FirstOrDefault(connector => connector.Platform == platform)
            ?? throw new CrmConnectException($"{platform} cannot be connected in this installation.");
        try
        {
            return await connector.Open(tenant, credentials.Secret, CallLane.Interactive).DescribeAsync(ct);
        }
        catch (CrmCallException e) when (!e.IsTransient)
        {
            throw new CrmConnectException($"{platform} refuses the credentials: {e.Message}", e);
        }
        catch (FormatException e)
        {
            throw new CrmConnectException($"These are no credentials of {platform}: {e.Message}", e);
        }
    }

    private static JobOrder OrderOf(SyncRequest request)
    {
        if (request.Ids.Count > SyncRequest.MaxIds)
            throw new ArgumentException($"At most {SyncRequest.MaxIds} ids a request.", nameof(request));
        return request.Ids.Count > 0
            ? new(request.Platform, SyncMode.Manual, [], new(request.IdsOf, [.. request.Ids.Distinct()]), request.RequestedBy)
            : new(request.Platform, request.Mode, request.Kinds, null, request.RequestedBy);
    }
}
