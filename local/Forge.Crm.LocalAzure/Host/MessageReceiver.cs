using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>For queues without sessions: as many messages at a time as <c>maxConcurrentCalls</c>, and <c>prefetchCount</c> more held ready.</summary>
internal sealed class MessageReceiver(QueueFunction function, QueueSignal rung, TimeSpan pollInterval)
    : Receiver(function, rung, pollInterval, function.Settings.MaxConcurrentCalls)
{
    protected override Task<List<ServiceBusReceivedMessage>> ReceiveAsync(int max) =>
        Function.Queue.ReceiveAsync(max + Function.Settings.PrefetchCount, ToTheEnd);

    protected override async Task HandleAsync(ServiceBusReceivedMessage message, CancellationToken stopping)
    {
        await using var renewal = new LockRenewal(Function.Queue, message, Function.Settings.MaxAutoLockRenewalDuration, Function.Logger);
        var outcome = await Function.RunAsync(message);
        if (outcome == Outcome.ToComplete)
            await Function.Queue.Settlement.CompleteAsync(message, ToTheEnd);
        else if (outcome == Outcome.ToAbandon)
            await Function.Queue.Settlement.AbandonAsync(message, null, ToTheEnd);
    }
}
