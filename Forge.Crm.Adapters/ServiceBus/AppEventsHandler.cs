using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Apps;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>Handles the queues of our apps: an event is in the tenant's journal, or it is refused.</summary>
public sealed class AppEventsHandler
{
    private readonly AppIntake _intake;

    internal AppEventsHandler(AppIntake intake) => _intake = intake;

    /// <returns>Null once it is journaled; otherwise why it must be dead-lettered, in words that hold nothing of the message.</returns>
    public async Task<string?> HandleAsync(PlatformApp app, ServiceBusReceivedMessage message, CancellationToken ct) =>
        (await _intake.ReceiveAsync(app, message.Body.ToMemory(), ct))?.ToName();
}
