using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Notices;

/// <summary>Watches what the bus gave up of <see cref="Queues.Notices"/>: alerts, and rings again.</summary>
public sealed class NoticesDeadLetterFunction(DeadLetterHandler handler)
{
    [Function("notices-dead-letter")]
    public Task RunAsync(
        [ServiceBusTrigger(Queues.Notices + Queues.DeadLetters, Connection = Queues.Connection)] ServiceBusReceivedMessage message,
        CancellationToken ct) => handler.RingNoticesAgainAsync(message, ct);
}
