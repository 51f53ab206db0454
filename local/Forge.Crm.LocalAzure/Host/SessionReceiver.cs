using System.Diagnostics;
using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>For queues with sessions: as many sessions at a time as <c>maxConcurrentSessions</c>, and one message at a time in each.</summary>
internal sealed partial class SessionReceiver(QueueFunction function, QueueSignal rung, TimeSpan pollInterval)
    : Receiver(function, rung, pollInterval, function.Settings.MaxConcurrentSessions)
{
    private string last = "";

    protected override async Task<bool> ReceiveAsync(CancellationToken stopping)
    {
        var message = await Function.Queue.AcceptSessionAsync(last, ToTheEnd);
        if (message is null)
        {
            Places.Release();
            return false;
        }
        last = message.SessionId;
        _ = HoldAsync(message, stopping);
        return true;
    }

    private async Task HoldAsync(ServiceBusReceivedMessage first, CancellationToken stopping)
    {
        var hold = first.Delivery.Session!;
        try
        {
            await using var renewal = new LockRenewal(Function.Queue, first, Function.Settings.MaxAutoLockRenewalDuration, Function.Logger);
            for (var message = first; message is not null; message = await NextAsync(hold, stopping))
            {
                renewal.Extend();
                if (!await DeliverAsync(message) && !stopping.IsCancellationRequested)
                    continue;
                await Function.Queue.ReleaseSessionAsync(hold, ToTheEnd);
                return;
            }
        }
        catch (ServiceBusException e)
        {
            Lost(Function.Logger, Function.Queue.Name, e);
        }
        finally
        {
            FreePlace();
        }
    }

    /// <summary>The session's next message; null when it was empty for the idle time, or is empty while others wait for a place. It is released then.</summary>
    private async Task<ServiceBusReceivedMessage?> NextAsync(SessionHold hold, CancellationToken stopping)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var wake = Rung.Next;
            var left = Function.Settings.SessionIdleTimeout - Stopwatch.GetElapsedTime(since);
            var release = left <= TimeSpan.Zero || Places.CurrentCount == 0 || stopping.IsCancellationRequested;
            var message = await Function.Queue.ReceiveInSessionAsync(hold, release, ToTheEnd);
            if (message is not null || release)
                return message;
            await QueueSignal.WaitAsync(wake, left, stopping);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A session of {Queue} was lost; what is in it will be delivered again.")]
    private static partial void Lost(ILogger logger, string queue, Exception error);
}
