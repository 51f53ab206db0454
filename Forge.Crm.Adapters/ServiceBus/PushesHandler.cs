using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Adapters.Telemetry;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>Handles <see cref="Queues.Pushes"/>: a ring is answered by all that is due in its lane of the outbox.</summary>
public sealed class PushesHandler
{
    private readonly PushDrain _drain;
    private readonly Rings _rings;
    private readonly CrmMetrics _metrics;
    private readonly TimeProvider _clock;

    internal PushesHandler(PushDrain drain, Rings rings, CrmMetrics metrics, TimeProvider clock) =>
        (_drain, _rings, _metrics, _clock) = (drain, rings, metrics, clock);

    /// <exception cref="FormatException">Not a ring.</exception>
    public async Task HandleAsync(ServiceBusReceivedMessage message, CancellationToken ct)
    {
        var lane = BusMessages.Read<LaneRing>(message.Body).ToLane();
        var drained = await _drain.DrainAsync(lane, ct);
        _metrics.Pushed(lane.Platform, drained.Rows);
        if (drained.Due is not { } due)
            return;
        if (due > _clock.GetUtcNow())
            await _rings.PushLaterAsync(lane, due, ct);
        else
            await _rings.PushAsync(lane, ct);
    }
}
