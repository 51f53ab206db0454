using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Changes;

/// <summary>Watches what the bus gave up of <see cref="Queues.Changes"/>: alerts, and rings again.</summary>
public sealed class ChangesDeadLetterFunction(DeadLetterHandler handler)
{
    [Function("changes-dead-letter")]
    public Task RunAsync(
        [ServiceBusTrigger(Queues.Changes + Queues.DeadLetters, Connection = Queues.Connection)] ServiceBusReceivedMessage message,
        CancellationToken ct) => handler.RingLaneAgainAsync(message, ct);
}
