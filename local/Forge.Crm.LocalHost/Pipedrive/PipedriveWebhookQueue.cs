namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>Events of one account on their way to its webhooks: one POST an event, retried, and stopped when too much fails.</summary>
internal sealed class PipedriveWebhookQueue : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly PipedriveWebhookSettings settings;
    private readonly TimeProvider time;
    private readonly PipedriveWebhookDelivery delivery;
    private readonly Random random;
    private readonly SemaphoreSlim slots;
    private readonly CancellationTokenSource stopping = new();
    private readonly List<PipedriveWebhook> webhooks = [];
    private readonly HashSet<Task> underWay = [];
    private TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PipedriveWebhookCounts counts = new(0, 0, 0, 0, 0, 0, 0);

    public PipedriveWebhookQueue(PipedriveAccount account, HttpMessageInvoker http)
    {
        (settings, time, delivery) = (account.Options.Webhooks, account.Options.Time, new(account, http));
        random = new Random(PipedriveNumbers.Seed(account.Options.Seed, account.CompanyId));
        slots = new SemaphoreSlim(settings.Concurrency);
        idle.SetResult();
    }

    public PipedriveWebhookCounts Counts
    {
        get
        {
            lock (gate)
                return counts;
        }
    }

    /// <summary>Those that are there, and those that were deleted for failing.</summary>
    public IReadOnlyList<PipedriveWebhook> All
    {
        get
        {
            lock (gate)
                return [.. webhooks];
        }
    }

    public void Add(PipedriveWebhook webhook)
    {
        lock (gate)
            webhooks.Add(webhook);
    }

    public bool Remove(long id)
    {
        lock (gate)
            return webhooks.RemoveAll(webhook => webhook.Id == id) > 0;
    }

    public void Raise(PipedriveEvent item)
    {
        foreach (var webhook in All.Where(webhook => webhook.Wants(item)))
        {
            var copies = Admit(webhook);
            for (var i = 0; i < copies; i++)
                Start(webhook, item);
        }
    }

    /// <summary>Completes when nothing is under way or waiting for its next try.</summary>
    public Task IdleAsync(CancellationToken ct)
    {
        lock (gate)
            return idle.Task.WaitAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        Task[] last;
        lock (gate)
            last = [.. underWay];
        await Task.WhenAll(last);
        stopping.Dispose();
        slots.Dispose();
    }

    /// <returns>How often the event is sent: not at all during a ban, twice where duplicates are wanted.</returns>
    private int Admit(PipedriveWebhook webhook)
    {
        lock (gate)
        {
            counts = counts with { Raised = counts.Raised + 1 };
            if (webhook.BannedUntil is { } until && until <= time.GetUtcNow())
                (webhook.BannedUntil, webhook.Failures) = (null, 0);
            if (webhook.BannedUntil is not null)
            {
                counts = counts with { Lost = counts.Lost + 1 };
                return 0;
            }
            if (random.NextDouble() < settings.Drops)
            {
                counts = counts with { Dropped = counts.Dropped + 1 };
                return 0;
            }
            if (random.NextDouble() >= settings.Duplicates)
                return 1;
            counts = counts with { Duplicated = counts.Duplicated + 1 };
            return 2;
        }
    }

    private void Start(PipedriveWebhook webhook, PipedriveEvent item)
    {
        lock (gate)
        {
            if (underWay.Count == 0)
                idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var task = new Task<Task>(() => DeliverAsync(webhook, item, stopping.Token));
            var whole = task.Unwrap();
            underWay.Add(whole);
            _ = whole.ContinueWith(done => Finish(done), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            task.Start(TaskScheduler.Default);
        }
    }

    private void Finish(Task done)
    {
        lock (gate)
        {
            underWay.Remove(done);
            if (underWay.Count == 0)
                idle.TrySetResult();
        }
    }

    private async Task DeliverAsync(PipedriveWebhook webhook, PipedriveEvent item, CancellationToken ct)
    {
        try
        {
            if (settings.Delay > TimeSpan.Zero)
                await Task.Delay(settings.Delay, time, ct);
            for (var attempt = 1; webhook.RemovedFor is null; attempt++)
            {
                if (Record(webhook, await TryAsync(webhook, item, attempt, ct), attempt))
                    return;
                if (attempt > settings.RetryDelays.Length)
                    break;
                await Task.Delay(settings.RetryDelays[attempt - 1], time, ct);
            }
            lock (gate)
                counts = counts with { GivenUp = counts.GivenUp + 1 };
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The simulator stops; what was not delivered by now never will be.
        }
    }

    /// <returns>Whether it was accepted.</returns>
    private bool Record(PipedriveWebhook webhook, int status, int attempt)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            (webhook.LastStatus, webhook.LastDeliveryAt) = (status, now);
            if (status is >= 200 and < 300)
            {
                webhook.LastSuccessAt = now;
                counts = counts with { Delivered = counts.Delivered + 1 };
                return true;
            }
            counts = counts with { FailedDeliveries = counts.FailedDeliveries + 1 };
            if (attempt == 1 && ++webhook.Failures >= settings.FailuresToBan && webhook.BannedUntil is null)
                webhook.BannedUntil = now + settings.BanTime;
            if (now - (webhook.LastSuccessAt ?? webhook.MadeAt) >= settings.DeletedAfter)
                (webhook.RemovedFor, webhook.RemovedAt) = ("no_successful_deliveries", now);
            return false;
        }
    }

    private async Task<int> TryAsync(PipedriveWebhook webhook, PipedriveEvent item, int attempt, CancellationToken ct)
    {
        await slots.WaitAsync(ct);
        try
        {
            return await delivery.TrySendAsync(webhook, item, attempt, ct);
        }
        finally
        {
            slots.Release();
        }
    }
}
