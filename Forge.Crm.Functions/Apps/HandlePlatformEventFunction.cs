using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Apps;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Apps;

/// <summary>Takes in what our apps send, each by a queue of its own: into the tenant's journal, or to the dead letters with a reason.</summary>
public sealed class HandlePlatformEventFunction(AppEventsHandler handler)
{
    [Function("handle-bidflow-event")]
    public Task BidflowAsync(
        [ServiceBusTrigger(Queues.BidflowEvents, Connection = Queues.Connection, AutoCompleteMessages = false)] ServiceBusReceivedMessage message,
        ServiceBusMessageActions actions, CancellationToken ct) => HandleAsync(PlatformApp.Bidflow, message, actions, ct);

    [Function("handle-folio-event")]
    public Task FolioAsync(
        [ServiceBusTrigger(Queues.FolioEvents, Connection = Queues.Connection, AutoCompleteMessages = false)] ServiceBusReceivedMessage message,
        ServiceBusMessageActions actions, CancellationToken ct) => HandleAsync(PlatformApp.Folio, message, actions, ct);

    [Function("handle-hephaitos-event")]
    public Task HephaitosAsync(
        [ServiceBusTrigger(Queues.HephaitosEvents, Connection = Queues.Connection, AutoCompleteMessages = false)] ServiceBusReceivedMessage message,
        ServiceBusMessageActions actions, CancellationToken ct) => HandleAsync(PlatformApp.Hephaitos, message, actions, ct);

    private async Task HandleAsync(PlatformApp app, ServiceBusReceivedMessage message, ServiceBusMessageActions actions, CancellationToken ct)
    {
        if (await handler.HandleAsync(app, message, ct) is { } refusal)
            await actions.DeadLetterMessageAsync(message, deadLetterReason: refusal, cancellationToken: ct);
        else
            await actions.CompleteMessageAsync(message, ct);
    }
}
