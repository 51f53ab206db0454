using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Apps;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>
/// What the bus gave up of the apps' queues. These messages hold personal data, and a dead letter has no time to live: none stays. One that we refused is
/// counted and gone. One that could not be journaled (the database was away) is put back for a minute later, until its day is over.
/// </summary>
public sealed partial class AppDeadLetterHandler
{
    private const string BusGaveUp = "MaxDeliveryCountExceeded";

    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    // As the queues are made; a queue that was made otherwise keeps nothing longer either.
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(1);

    private readonly ServiceBusClient _client;
    private readonly CrmMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    internal AppDeadLetterHandler(ServiceBusClient client, CrmMetrics metrics, TimeProvider clock, ILogger<AppDeadLetterHandler> logger) =>
        (_client, _metrics, _clock, _logger) = (client, metrics, clock, logger);

    public async Task HandleAsync(PlatformApp app, ServiceBusReceivedMessage message, CancellationToken ct)
    {
        var queue = Queues.OfApp(app);
        _metrics.DeadLetter(queue);
        var again = _clock.GetUtcNow() + Pause;
        var left = message.EnqueuedTime + (message.TimeToLive < LongestLife ? message.TimeToLive : LongestLife) - again;
        var isPutBack = message.DeadLetterReason == BusGaveUp && left > TimeSpan.Zero;
        if (isPutBack)
        {
            await using var sender = _client.CreateSender(queue);
            await sender.SendMessageAsync(new(message) { MessageId = Rings.NewId(), ScheduledEnqueueTime = again, TimeToLive = left }, ct);
        }

        DeadLettered(_logger, queue, message.DeadLetterReason, isPutBack ? "put back" : "removed");
    }

    [LoggerMessage(LogLevel.Error, "A message of {Queue} was dead-lettered ({Reason}) and {Outcome}.")]
    private static partial void DeadLettered(ILogger logger, string queue, string? reason, string outcome);
}
