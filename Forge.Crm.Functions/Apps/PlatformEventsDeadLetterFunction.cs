using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Apps;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Apps;

/// <summary>Watches what the bus gave up of the apps' queues: alerts, puts back what was not journaled, keeps nothing.</summary>
public sealed class PlatformEventsDeadLetterFunction(AppDeadLetterHandler handler)
{
    [Function("bidflow-events-dead-letter")]
    public Task BidflowAsync(
        [ServiceBusTrigger(Queues.BidflowEvents + Queues.DeadLetters, Connection = Queues.Connection)] ServiceBusReceivedMessage message,
        CancellationToken ct) => handler.HandleAsync(PlatformApp.Bidflow, message, ct);

    [Function("folio-events-dead-letter")]
    public Task FolioAsync(
        [ServiceBusTrigger(Queues.FolioEvents + Queues.DeadLetters, Connection = Queues.Connection)] ServiceBusReceivedMessage message,
        CancellationToken ct) => handler.HandleAsync(PlatformApp.Folio, message, ct);

    [Function("hephaitos-events-dead-letter")]
    public Task HephaitosAsync(
        [ServiceBusTrigger(Queues.HephaitosEvents + Queues.DeadLetters, Connection = Queues.Connection)] ServiceBusReceivedMessage message,
        CancellationToken ct) => handler.HandleAsync(PlatformApp.Hephaitos, message, ct);
}
