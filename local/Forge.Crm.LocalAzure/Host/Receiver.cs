using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>
/// Receives for one function until told to stop. It looks for work when the queue is rung, when a scheduled message falls due, when a place has become
/// free, and each poll interval (for what lost its ring or its holder).
/// </summary>
#pragma warning disable CA1001 // Its semaphore holds no handle, and a function that outlasts the host's patience still gives its place back.
internal abstract partial class Receiver(QueueFunction function, QueueSignal rung, TimeSpan pollInterval, int places)
#pragma warning restore CA1001
{
    private const int MostAtOnce = 32;

    // A statement is never cancelled in flight: the answer that says what was locked would be lost, and the lock would have to run out.
    protected static readonly CancellationToken ToTheEnd = CancellationToken.None;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim free = new(places);
    private readonly QueueSignal freed = new();
    private int drained;

    protected QueueFunction Function => function;

    protected QueueSignal Rung => rung;

    /// <summary>Whether others would have to wait for the place of this one.</summary>
    protected bool IsFull => free.CurrentCount == 0;

    public async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            var place = free.WaitAsync(stopping);
            await place.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!place.IsCompletedSuccessfully)
                return;
            var taken = 1;
            while (taken < MostAtOnce && await free.WaitAsync(0, ToTheEnd))
                taken++;
            var wake = Task.WhenAny(rung.Next, freed.Next);
            var found = await TryReceiveAsync(taken, stopping);
            await StartAsync(found, taken, stopping);
            if (found.Count == 0)
                await QueueSignal.WaitAsync(wake, await WaitingTimeAsync(), stopping);
        }
    }

    /// <summary>Waits for what is running; may be called again to wait on.</summary>
    /// <returns>Whether all of it ended before the token was cancelled.</returns>
    public async Task<bool> DrainAsync(CancellationToken enough)
    {
        for (; drained < places; drained++)
        {
            var place = free.WaitAsync(enough);
            await place.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!place.IsCompletedSuccessfully)
                return false;
        }
        return true;
    }

    /// <summary>Looks into the queue once. More than <paramref name="max"/> may come back; they wait for their place.</summary>
    protected abstract Task<List<ServiceBusReceivedMessage>> ReceiveAsync(int max);

    /// <summary>Sees the message (and its session) through.</summary>
    protected abstract Task HandleAsync(ServiceBusReceivedMessage message, CancellationToken stopping);

    private async Task StartAsync(List<ServiceBusReceivedMessage> found, int taken, CancellationToken stopping)
    {
        foreach (var message in found)
        {
            if (taken > 0)
                taken--;
            else
                await free.WaitAsync(ToTheEnd);
            _ = OccupyAsync(message, stopping);
        }
        if (taken > 0)
            free.Release(taken);
    }

    private async Task OccupyAsync(ServiceBusReceivedMessage message, CancellationToken stopping)
    {
        try
        {
            await HandleAsync(message, stopping);
        }
        catch (ServiceBusException e)
        {
            Lost(function.Logger, function.Queue.Name, e);
        }
        finally
        {
            free.Release();
            freed.Set();
        }
    }

    private async Task<List<ServiceBusReceivedMessage>> TryReceiveAsync(int max, CancellationToken stopping)
    {
        try
        {
            return await ReceiveAsync(max);
        }
#pragma warning disable CA1031 // Whatever went wrong, nobody else would receive for this function.
        catch (Exception e)
#pragma warning restore CA1031
        {
            NotReceived(function.Logger, function.Queue.Name, e);
            await Task.Delay(RetryAfter, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return [];
        }
    }

    private async Task<TimeSpan> WaitingTimeAsync()
    {
        try
        {
            var due = await function.Queue.NextDueAsync(ToTheEnd);
            return due < pollInterval ? due.Value : pollInterval;
        }
        catch (ServiceBusException)
        {
            return pollInterval;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A lock of {Queue} was lost, or its message could not be settled; it will be delivered again.")]
    private static partial void Lost(ILogger logger, string queue, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The queue {Queue} cannot be received from; trying again.")]
    private static partial void NotReceived(ILogger logger, string queue, Exception error);
}
