using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Telemetry;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>
/// What the bus gave up: a ring that was delivered ten times and never answered. The work itself stands in the database, so this never
/// marks anything dead; it rings again a minute later and tells somebody.
/// </summary>
public sealed partial class DeadLetterHandler
{
    // Not at once: what failed ten times in a row within seconds would only fail again, and forever.
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Rings _rings;
    private readonly CrmMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    internal DeadLetterHandler(Rings rings, CrmMetrics metrics, TimeProvider clock, ILogger<DeadLetterHandler> logger) =>
        (_rings, _metrics, _clock, _logger) = (rings, metrics, clock, logger);

    public Task RingLaneAgainAsync(ServiceBusReceivedMessage message, CancellationToken ct) => RingAgainAsync(
        Queues.Changes, message, at => _rings.RingLaterAsync(BusMessages.Read<LaneRing>(message.Body).ToLane(), at, ct));

    public Task RingPushesAgainAsync(ServiceBusReceivedMessage message, CancellationToken ct) => RingAgainAsync(
        Queues.Pushes, message, at => _rings.PushLaterAsync(BusMessages.Read<LaneRing>(message.Body).ToLane(), at, ct));

    public Task RingStepAgainAsync(ServiceBusReceivedMessage message, CancellationToken ct) => RingAgainAsync(
        Queues.SyncSteps, message, at => _rings.StepLaterAsync(BusMessages.Read<StepRing>(message.Body), at, ct));

    private async Task RingAgainAsync(string queue, ServiceBusReceivedMessage message, Func<DateTimeOffset, Task<bool>> ring)
    {
        _metrics.DeadLetter(queue);
        DeadLettered(_logger, queue, message.SessionId, message.DeadLetterReason);
        try
        {
            if (!await ring(_clock.GetUtcNow() + Pause))
                throw new InvalidOperationException("The ring was not sent; its dead letter stays.");
        }
        catch (FormatException)
        {
            NotOurs(_logger, queue);
        }
    }

    [LoggerMessage(LogLevel.Error, "A message of {Queue} in session {Session} was dead-lettered ({Reason}); its work is rung for again.")]
    private static partial void DeadLettered(ILogger logger, string queue, string? session, string? reason);

    [LoggerMessage(LogLevel.Error, "A dead letter of {Queue} is no message of ours; it is dropped.")]
    private static partial void NotOurs(ILogger logger, string queue);
}
