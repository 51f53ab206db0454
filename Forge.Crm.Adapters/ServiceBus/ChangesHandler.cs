using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Sync;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>Handles <see cref="Queues.Changes"/>: a ring is answered by all that is pending in its lane.</summary>
public sealed class ChangesHandler
{
    private readonly ChangeDrain _drain;

    internal ChangesHandler(ChangeDrain drain) => _drain = drain;

    /// <exception cref="FormatException">Not a ring.</exception>
    public Task HandleAsync(ServiceBusReceivedMessage message, CancellationToken ct) =>
        _drain.DrainAsync(BusMessages.Read<LaneRing>(message.Body).ToLane(), ct);
}
