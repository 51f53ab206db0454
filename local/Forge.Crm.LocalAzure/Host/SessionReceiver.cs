using System.Diagnostics;
using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>For queues with sessions: as many sessions at a time as <c>maxConcurrentSessions</c>, and one message at a time in each.</summary>
internal sealed class SessionReceiver(QueueFunction function, QueueSignal rung, TimeSpan pollInterval)
    : Receiver(function, rung, pollInterval, function.Settings.MaxConcurrentSessions)
{
    private string last = "";

    protected override async Task<List<ServiceBusReceivedMessage>> ReceiveAsync(int max)
    {
        var heads = await Function.Queue.AcceptSessionsAsync(last, max, ToTheEnd);
        if (heads.Count > 0)
            last = heads[^1].SessionId;
        return heads;
    }

    protected override async Task HandleAsync(ServiceBusReceivedMessage first, CancellationToken stopping)
    {
        var queue = Function.Queue;
        var hold = first.Delivery.Session!;
        await using var renewal = new LockRenewal(queue, first, Function.Settings.MaxAutoLockRenewalDuration, Function.Logger);
        for (var message = first; message is not null;)
        {
            renewal.Extend();
            var session = new ServiceBusSessionMessageActions(queue.Settlement, message);
            var outcome = await Function.RunAsync(message, session);
            if (outcome == Outcome.ToAbandon)
                await queue.Settlement.AbandonAsync(message, null, ToTheEnd);
            var done = outcome == Outcome.ToComplete ? message : null;
            if (!session.IsReleaseAsked && !stopping.IsCancellationRequested)
            {
                message = await NextAsync(hold, done, stopping);
                continue;
            }
            if (done is not null)
                await queue.Settlement.CompleteAsync(done, ToTheEnd);
            await queue.ReleaseSessionAsync(hold, ToTheEnd);
            return;
        }
    }

    /// <summary>
    /// Completes what is done and gives the session's next message; null when the session was empty for the idle time, or is empty while others wait for its
    /// place. It is released then.
    /// </summary>
    private async Task<ServiceBusReceivedMessage?> NextAsync(SessionHold hold, ServiceBusReceivedMessage? done, CancellationToken stopping)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var wake = Rung.Next;
            var left = Function.Settings.SessionIdleTimeout - Stopwatch.GetElapsedTime(since);
            var release = IsFull || left <= TimeSpan.Zero || stopping.IsCancellationRequested;
            var message = await Function.Queue.ReceiveInSessionAsync(hold, done?.Delivery, release, ToTheEnd);
            if (message is not null || release)
                return message;
            done = null;
            await QueueSignal.WaitAsync(wake, left, stopping);
        }
    }
}
