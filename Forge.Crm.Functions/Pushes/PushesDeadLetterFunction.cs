using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Pushes;

/// <summary>Watches what the bus gave up of <see cref="Queues.Pushes"/>: alerts, and rings again.</summary>
public sealed class PushesDeadLetterFunction(DeadLetterHandler handler)
{
    [Function("pushes-dead-letter")]
    public Task RunAsync(
        [ServiceBusTrigger(Queues.Pushes + Queues.DeadLetters, Connection = Queues.Connection)] ServiceBusReceivedMessage message,
        CancellationToken ct) => handler.RingPushesAgainAsync(message, ct);
}
