using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Sync;

/// <summary>Watches what the bus gave up of <see cref="Queues.SyncSteps"/>: alerts, and rings again.</summary>
public sealed class SyncStepsDeadLetterFunction(DeadLetterHandler handler)
{
    [Function("sync-steps-dead-letter")]
    public Task RunAsync(
        [ServiceBusTrigger(Queues.SyncSteps + Queues.DeadLetters, Connection = Queues.Connection)] ServiceBusReceivedMessage message,
        CancellationToken ct) => handler.RingStepAgainAsync(message, ct);
}
