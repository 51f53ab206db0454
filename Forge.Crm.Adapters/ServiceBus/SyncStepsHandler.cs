using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>Handles <see cref="Queues.SyncSteps"/>: one step of a sync job, then the message of the next.</summary>
public sealed class SyncStepsHandler
{
    private readonly SyncSteps _steps;
    private readonly Rings _rings;

    internal SyncStepsHandler(SyncSteps steps, Rings rings) => (_steps, _rings) = (steps, rings);

    /// <returns>Whether another message of this session follows at once.</returns>
    /// <exception cref="FormatException">Not a step.</exception>
    public async Task<bool> HandleAsync(ServiceBusReceivedMessage message, CancellationToken ct)
    {
        var step = BusMessages.Read<StepRing>(message.Body);
        var outcome = await _steps.RunStepAsync(new(step.Tenant), step.Job, step.Step, ct);
        // A message that is not sent here ends the chain until the relay finds the job standing still.
        switch (outcome.State)
        {
            case StepState.Next:
                return await _rings.StepAsync(new(step.Tenant), Names.Parse<Platform>(step.Platform), step.Job, outcome.Step, ct);
            case StepState.Later when outcome.At is { } at:
                await _rings.StepLaterAsync(step with { Step = outcome.Step }, at, ct);
                return false;
            default:
                return false;
        }
    }
}
