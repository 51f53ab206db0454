using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>
/// Receives for one function until told to stop. It looks for work when the queue is rung, when a scheduled message falls due, when a place has become
/// free, and each poll interval (for what lost its ring or its holder).
/// </summary>
internal abstract partial class Receiver(QueueFunction function, QueueSignal rung, TimeSpan pollInterval, int places)
{
    // A statement is never cancelled in flight: the answer that says what was locked would be lost, and the lock would have to run out.
    protected static readonly CancellationToken ToTheEnd = CancellationToken.None;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly QueueSignal freed = new();
    private int drained;

    protected SemaphoreSlim Places { get; } = new(places);

    protected QueueFunction Function => function;

    protected QueueSignal Rung => rung;

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var place = Places.WaitAsync(stopping);
            await place.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!place.IsCompletedSuccessfully)
                return;
            var wake = Task.WhenAny(rung.Next, freed.Next);
            if (!await TryReceiveAsync(stopping))
                await QueueSignal.WaitAsync(wake, await WaitingTimeAsync(), stopping);
        }
    }

    /// <summary>Waits for what is running.</summary>
    /// <returns>Whether all of it ended before the token was cancelled.</returns>
    public async Task<bool> DrainAsync(CancellationToken enough)
    {
        for (; drained < places; drained++)
        {
            var place = Places.WaitAsync(enough);
            await place.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!place.IsCompletedSuccessfully)
                return false;
        }
        return true;
    }

    /// <summary>Looks into the queue once, with one place taken, and starts what it finds; gives back the places that it does not use.</summary>
    /// <returns>Whether there was something.</returns>
    protected abstract Task<bool> ReceiveAsync(CancellationToken stopping);

    protected void FreePlace()
    {
        Places.Release();
        freed.Set();
    }

    /// <summary>Runs one delivery to its end; an error of the bus is logged, and the message will come again.</summary>
    protected async Task<bool> DeliverAsync(ServiceBusReceivedMessage message)
    {
        try
        {
            return await function.RunAsync(message);
        }
        catch (ServiceBusException e)
        {
            NotSettled(function.Logger, message.SequenceNumber, function.Queue.Name, e);
            return e.Reason == ServiceBusFailureReason.SessionLockLost;
        }
    }

    private async Task<bool> TryReceiveAsync(CancellationToken stopping)
    {
        try
        {
            return await ReceiveAsync(stopping);
        }
#pragma warning disable CA1031 // Whatever went wrong, nobody else would receive for this function.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Places.Release();
            NotReceived(function.Logger, function.Queue.Name, e);
            await Task.Delay(RetryAfter, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Message {SequenceNumber} of {Queue} was not settled; it will be delivered again.")]
    private static partial void NotSettled(ILogger logger, long sequenceNumber, string queue, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The queue {Queue} cannot be received from; trying again.")]
    private static partial void NotReceived(ILogger logger, string queue, Exception error);
}
