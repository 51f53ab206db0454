using System.Threading.Channels;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Events of one account on their way: batched, shuffled, repeated, dropped and retried as the settings say.</summary>
internal sealed class HubSpotWebhookQueue : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly List<Waiting> waiting = [];
    private readonly Channel<bool> bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly HubSpotWebhookSettings settings;
    private readonly HubSpotWebhookDelivery delivery;
    private readonly TimeProvider time;
    private readonly Random random;
    private readonly SemaphoreSlim slots;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task pump;
    private TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int outstanding;
    private HubSpotWebhookCounts counts = new(0, 0, 0, 0, 0, 0);

    public HubSpotWebhookQueue(HubSpotWebhookDelivery delivery, HubSpotSimulatorOptions options, int seed)
    {
        this.delivery = delivery;
        settings = options.Webhooks;
        time = options.Time;
        random = new Random(seed);
        slots = new SemaphoreSlim(settings.Concurrency);
        idle.SetResult();
        pump = PumpAsync(stopping.Token);
    }

    private readonly record struct Waiting(HubSpotWebhookEvent Event, long Since, bool IsCopy);

    public HubSpotWebhookCounts Counts
    {
        get
        {
            lock (gate)
                return counts;
        }
    }

    public void Raise(HubSpotWebhookEvent item)
    {
        lock (gate)
        {
            counts = counts with { Raised = counts.Raised + 1 };
            if (random.NextDouble() < settings.Drops)
                counts = counts with { Dropped = counts.Dropped + 1 };
            else
                Enqueue(item, isCopy: false);
        }
        bell.Writer.TryWrite(true);
    }

    /// <summary>Completes when nothing is queued, under way or waiting for its next try.</summary>
    public Task IdleAsync(CancellationToken ct)
    {
        lock (gate)
            return idle.Task.WaitAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await pump;
        stopping.Dispose();
        slots.Dispose();
    }

    private async Task PumpAsync(CancellationToken ct)
    {
        var underWay = new List<Task>();
        try
        {
            await foreach (var _ in bell.Reader.ReadAllAsync(ct))
            {
                while (await NextBatchAsync(ct) is { Length: > 0 } batch)
                {
                    await slots.WaitAsync(ct);
                    underWay.RemoveAll(task => task.IsCompleted);
                    underWay.Add(DeliverAsync(batch, ct));
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The simulator stops; what was not delivered by now never will be.
        }
        await Task.WhenAll(underWay);
    }

    private async Task<HubSpotWebhookEvent[]> NextBatchAsync(CancellationToken ct)
    {
        while (true)
        {
            TimeSpan early;
            lock (gate)
            {
                if (waiting.Count == 0)
                    return [];
                var hold = settings.Delay + (waiting.Count < settings.BatchSize ? settings.BatchWindow : TimeSpan.Zero);
                early = hold - time.GetElapsedTime(waiting[0].Since);
                if (early <= TimeSpan.Zero)
                    return TakeBatch();
            }
            await Task.Delay(early, time, ct);
        }
    }

    private HubSpotWebhookEvent[] TakeBatch()
    {
        var batch = new HubSpotWebhookEvent[Math.Min(waiting.Count, Math.Max(1, settings.BatchSize))];
        for (var i = 0; i < batch.Length; i++)
        {
            var at = settings.ReorderWindow > 1 ? random.Next(Math.Min(settings.ReorderWindow, waiting.Count)) : i;
            batch[i] = waiting[at].Event;
            if (!waiting[at].IsCopy && random.NextDouble() < settings.Duplicates)
            {
                counts = counts with { Duplicated = counts.Duplicated + 1 };
                Enqueue(batch[i], isCopy: true);
            }
            if (settings.ReorderWindow > 1)
                waiting.RemoveAt(at);
        }
        if (settings.ReorderWindow <= 1)
            waiting.RemoveRange(0, batch.Length);
        return batch;
    }

    /// <summary>The caller has taken a slot; it is given back between tries.</summary>
    private async Task DeliverAsync(HubSpotWebhookEvent[] batch, CancellationToken ct)
    {
        var accepted = false;
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    accepted = await delivery.TrySendAsync(batch, attempt, ct);
                }
                finally
                {
                    slots.Release();
                }
                if (accepted || attempt >= settings.MaxRetries)
                    break;
                Failed();
                await Task.Delay(RetryDelay(attempt), time, ct);
                await slots.WaitAsync(ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // As above.
        }
        Finish(batch.Length, accepted);
    }

    private TimeSpan RetryDelay(int attempt)
    {
        lock (gate)
            return settings.RetryDelay * Math.Pow(2, Math.Min(attempt, 16)) * (0.5 + random.NextDouble());
    }

    private void Failed()
    {
        lock (gate)
            counts = counts with { FailedDeliveries = counts.FailedDeliveries + 1 };
    }

    private void Finish(int events, bool accepted)
    {
        lock (gate)
        {
            counts = accepted
                ? counts with { Delivered = counts.Delivered + events }
                : counts with { FailedDeliveries = counts.FailedDeliveries + 1, GivenUp = counts.GivenUp + events };
            outstanding -= events;
            if (outstanding == 0)
                idle.TrySetResult();
        }
    }

    private void Enqueue(HubSpotWebhookEvent item, bool isCopy)
    {
        waiting.Add(new(item, time.GetTimestamp(), isCopy));
        if (outstanding++ == 0)
            idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
