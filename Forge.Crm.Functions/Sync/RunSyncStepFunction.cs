using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Functions.Sync;

/// <summary>Takes one step of a sync job: a page, committed with the job's position, and the message of the next step.</summary>
public sealed class RunSyncStepFunction(SyncStepsHandler handler)
{
    [Function("run-sync-step")]
    public async Task RunAsync(
        [ServiceBusTrigger(Queues.SyncSteps, Connection = Queues.Connection, IsSessionsEnabled = true)] ServiceBusReceivedMessage message,
        ServiceBusSessionMessageActions session, CancellationToken ct)
    {
        if (!await handler.HandleAsync(message, ct))
            await session.ReleaseSession(ct);
    }
}
