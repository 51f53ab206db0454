using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Rules;

/// <summary>Shows a tenant's rules what waits for them. One message an invocation, as for <see cref="Changes.ApplyChangesFunction"/>.</summary>
public sealed class RunRulesFunction(RulesHandler handler)
{
    [Function("run-rules")]
    public async Task RunAsync(
        [ServiceBusTrigger(Queues.Rules, Connection = Queues.Connection, IsSessionsEnabled = true)] ServiceBusReceivedMessage message,
        ServiceBusSessionMessageActions session, CancellationToken ct)
    {
        await handler.HandleAsync(message, ct);
        await session.ReleaseSession(ct);
    }
}
