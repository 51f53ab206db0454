using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;
using Npgsql;

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
    private readonly NoticeRings? _notices;
    private readonly ILogger _logger;

    /// <param name="notices">Null where administrators are not told.</param>
    internal DeadLetterHandler(Rings rings, CrmMetrics metrics, TimeProvider clock, ILogger<DeadLetterHandler> logger, NoticeRings? notices = null) =>
        (_rings, _metrics, _clock, _logger, _notices) = (rings, metrics, clock, logger, notices);

    public Task RingLaneAgainAsync(ServiceBusReceivedMessage message, CancellationToken ct) =>
        RingAgainAsync<LaneRing>(Queues.Changes, message, ring => ring.Tenant, (ring, at) => _rings.RingLaterAsync(ring.ToLane(), at, ct), ct);

    public Task RingPushesAgainAsync(ServiceBusReceivedMessage message, CancellationToken ct) =>
        RingAgainAsync<LaneRing>(Queues.Pushes, message, ring => ring.Tenant, (ring, at) => _rings.PushLaterAsync(ring.ToLane(), at, ct), ct);

    public Task RingStepAgainAsync(ServiceBusReceivedMessage message, CancellationToken ct) =>
        RingAgainAsync<StepRing>(Queues.SyncSteps, message, ring => ring.Tenant, (ring, at) => _rings.StepLaterAsync(ring, at, ct), ct);

    public Task RingNoticesAgainAsync(ServiceBusReceivedMessage message, CancellationToken ct) =>
        RingAgainAsync<NoticeRing>(Queues.Notices, message, ring => ring.Tenant, (ring, at) => _rings.NoticesAsync(new(ring.Tenant), ct, at), ct);

    public Task RingRulesAgainAsync(ServiceBusReceivedMessage message, CancellationToken ct) =>
        RingAgainAsync<RuleRing>(Queues.Rules, message, ring => ring.Tenant, (ring, at) => _rings.RulesAsync(new(ring.Tenant), ct, at), ct);

    private async Task RingAgainAsync<T>(
        string queue, ServiceBusReceivedMessage message, Func<T, Guid> tenantOf, Func<T, DateTimeOffset, Task<bool>> ring, CancellationToken ct)
        where T : class
    {
        _metrics.DeadLetter(queue);
        DeadLettered(_logger, queue, message.SessionId, message.DeadLetterReason);
        try
        {
            var ours = BusMessages.Read<T>(message.Body);
            if (!await ring(ours, _clock.GetUtcNow() + Pause))
                throw new InvalidOperationException("The ring was not sent; its dead letter stays.");
            await TellAsync(new(tenantOf(ours)), queue, ct);
        }
        catch (FormatException)
        {
            NotOurs(_logger, queue);
        }
    }

    // Where it is the database that fails, there is nowhere to put the notice either; whoever runs the service hears of it by log and metric.
    private async Task TellAsync(TenantId tenant, string queue, CancellationToken ct)
    {
        try
        {
            if (_notices is not null)
                await _notices.PostAsync(tenant, SystemNotices.RingGivenUp(queue, _clock.GetUtcNow()), ct);
        }
        catch (NpgsqlException e)
        {
            NotTold(_logger, e, queue);
        }
    }

    [LoggerMessage(LogLevel.Error, "A message of {Queue} in session {Session} was dead-lettered ({Reason}); its work is rung for again.")]
    private static partial void DeadLettered(ILogger logger, string queue, string? session, string? reason);

    [LoggerMessage(LogLevel.Warning, "Nobody was told of the dead letter of {Queue}.")]
    private static partial void NotTold(ILogger logger, Exception e, string queue);

    [LoggerMessage(LogLevel.Error, "A dead letter of {Queue} is no message of ours; it is dropped.")]
    private static partial void NotOurs(ILogger logger, string queue);
}
