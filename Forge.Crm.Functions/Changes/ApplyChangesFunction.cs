using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Changes;

/// <summary>
/// Applies what is pending in a lane. One message an invocation: a batched trigger would serve one session at a time, and wait out its
/// idle time.
/// </summary>
public sealed class ApplyChangesFunction(ChangesHandler handler)
{
    [Function("apply-changes")]
    public async Task RunAsync(
        [ServiceBusTrigger(Queues.Changes, Connection = Queues.Connection, IsSessionsEnabled = true)] ServiceBusReceivedMessage message,
        ServiceBusSessionMessageActions session, CancellationToken ct)
    {
        await handler.HandleAsync(message, ct);
        // The lane is empty now. Waiting in its session for more would keep this instance from the lanes of others.
        await session.ReleaseSession(ct);
    }
}
