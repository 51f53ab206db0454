using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Pushes;

/// <summary>Pushes what is due in a lane of the outbox. One message an invocation, as for <see cref="Changes.ApplyChangesFunction"/>.</summary>
public sealed class PushRecordsFunction(PushesHandler handler)
{
    [Function("push-records")]
    public async Task RunAsync(
        [ServiceBusTrigger(Queues.Pushes, Connection = Queues.Connection, IsSessionsEnabled = true)] ServiceBusReceivedMessage message,
        ServiceBusSessionMessageActions session, CancellationToken ct)
    {
        await handler.HandleAsync(message, ct);
        // What is due is pushed. Waiting in its session for more would keep this instance from the lanes of others.
        await session.ReleaseSession(ct);
    }
}
