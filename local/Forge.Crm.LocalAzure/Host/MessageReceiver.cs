using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>For queues without sessions: as many messages at a time as <c>maxConcurrentCalls</c>, and <c>prefetchCount</c> more held ready.</summary>
internal sealed class MessageReceiver(QueueFunction function, QueueSignal rung, TimeSpan pollInterval)
    : Receiver(function, rung, pollInterval, function.Settings.MaxConcurrentCalls)
{
    private const int AtOnce = 32;

    protected override async Task<bool> ReceiveAsync(CancellationToken stopping)
    {
        var taken = 1;
        while (taken < AtOnce && await Places.WaitAsync(0, ToTheEnd))
            taken++;
        var messages = await ReceiveAsync(taken);
        foreach (var message in messages)
        {
            if (taken > 0)
                taken--;
            else
                await Places.WaitAsync(ToTheEnd);
            _ = RunAsync(message);
        }
        if (taken > 0)
            Places.Release(taken);
        return messages.Count > 0;
    }

    private async Task<List<ServiceBusReceivedMessage>> ReceiveAsync(int taken)
    {
        try
        {
            return await Function.Queue.ReceiveAsync(taken + Function.Settings.PrefetchCount, ToTheEnd);
        }
        catch when (taken > 1)
        {
            Places.Release(taken - 1);
            throw;
        }
    }

    private async Task RunAsync(ServiceBusReceivedMessage message)
    {
        try
        {
            await using var renewal = new LockRenewal(Function.Queue, message, Function.Settings.MaxAutoLockRenewalDuration, Function.Logger);
            await DeliverAsync(message);
        }
        finally
        {
            FreePlace();
        }
    }
}
