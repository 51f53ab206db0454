using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Rules;

/// <summary>Watches what the bus gave up of <see cref="Queues.Rules"/>: alerts, and rings again.</summary>
public sealed class RulesDeadLetterFunction(DeadLetterHandler handler)
{
    [Function("rules-dead-letter")]
    public Task RunAsync(
        [ServiceBusTrigger(Queues.Rules + Queues.DeadLetters, Connection = Queues.Connection)] ServiceBusReceivedMessage message,
        CancellationToken ct) => handler.RingRulesAgainAsync(message, ct);
}
