using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Notices;

/// <summary>Sends what a tenant is to be told. One message an invocation, as for <see cref="Changes.ApplyChangesFunction"/>.</summary>
public sealed class SendNoticesFunction(NoticesHandler handler)
{
    [Function("send-notices")]
    public async Task RunAsync(
        [ServiceBusTrigger(Queues.Notices, Connection = Queues.Connection, IsSessionsEnabled = true)] ServiceBusReceivedMessage message,
        ServiceBusSessionMessageActions session, CancellationToken ct)
    {
        await handler.HandleAsync(message, ct);
        // What is due is sent. Waiting in its session for more would keep this instance from other tenants.
        await session.ReleaseSession(ct);
    }
}
