using System.Globalization;
using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>
/// Rings for work that already stands in the database. A ring may be lost, late or doubled without harm: the relay rings for what nobody
/// came for. So nothing here throws, save where its caller gives up; a failed ring is logged and the answer is false.
/// </summary>
internal sealed partial class Rings(ServiceBusClient client, ILogger<Rings> logger) : IAsyncDisposable
{
    private readonly ServiceBusSender _steps = client.CreateSender(Queues.SyncSteps);
    private readonly ServiceBusSender _notices = client.CreateSender(Queues.Notices);
    private readonly ServiceBusSender _rules = client.CreateSender(Queues.Rules);
    private readonly SharedRings _changes = new(client.CreateSender(Queues.Changes), logger);
    private readonly SharedRings _pushes = new(client.CreateSender(Queues.Pushes), logger);

    /// <summary>Rings a lane now. Deliveries that ring one lane at the same time share a message.</summary>
    /// <param name="eventIds">The journal ids that it is for.</param>
    /// <returns>Once the message is in the queue; false where it could not be sent.</returns>
    public Task<bool> RingAsync(Lane lane, IReadOnlyList<long> eventIds, CancellationToken ct) =>
        _changes.RingAsync(lane, eventIds).WaitAsync(ct);

    /// <summary>Rings a lane at a time to come: for what is to be tried again.</summary>
    public Task<bool> RingLaterAsync(Lane lane, DateTimeOffset at, CancellationToken ct) =>
        SendAsync(_changes.Sender, SharedRings.Message(lane, []), at, ct);

    /// <summary>Rings now for what is due in a lane of the outbox; shared as above.</summary>
    public Task<bool> PushAsync(Lane lane, CancellationToken ct) => _pushes.RingAsync(lane, []).WaitAsync(ct);

    public Task<bool> PushLaterAsync(Lane lane, DateTimeOffset at, CancellationToken ct) =>
        SendAsync(_pushes.Sender, SharedRings.Message(lane, []), at, ct);

    /// <summary>Rings for a step of a sync job.</summary>
    public Task<bool> StepAsync(TenantId tenant, Platform platform, Guid job, long step, CancellationToken ct) =>
        SendAsync(_steps, Message(new StepRing(tenant.Value, platform.ToName(), job, step)), null, ct);

    public Task<bool> StepLaterAsync(StepRing step, DateTimeOffset at, CancellationToken ct) => SendAsync(_steps, Message(step), at, ct);

    /// <summary>Rings for a tenant's notices.</summary>
    /// <param name="at">Null for now.</param>
    public Task<bool> NoticesAsync(TenantId tenant, CancellationToken ct, DateTimeOffset? at = null) =>
        SendAsync(_notices, Message(new NoticeRing(tenant.Value), tenant.ToString(), "notices"), at, ct);

    /// <summary>Rings for what waits for a tenant's rules.</summary>
    /// <param name="at">Null for now.</param>
    public Task<bool> RulesAsync(TenantId tenant, CancellationToken ct, DateTimeOffset? at = null) =>
        SendAsync(_rules, Message(new RuleRing(tenant.Value), tenant.ToString(), "rules"), at, ct);

    public async ValueTask DisposeAsync()
    {
        foreach (var shared in new[] { _changes, _pushes })
        {
            await shared.FinishAsync();
            await shared.Sender.DisposeAsync();
        }

        await _steps.DisposeAsync();
        await _notices.DisposeAsync();
        await _rules.DisposeAsync();
    }

    private static ServiceBusMessage Message<T>(T ring, string session, string subject)
        where T : class => new(BusMessages.Write(ring))
        {
            MessageId = NewId(),
            SessionId = session,
            ContentType = "application/json",
            Subject = subject,
        };

    private static ServiceBusMessage Message(StepRing step) => Message(step, step.SessionId, "step");

    /// <summary>
    /// A fresh one for every message, also for one that says the same as another: Service Bus would take a repeated id for a duplicate,
    /// report it as sent, and drop it.
    /// </summary>
    internal static string NewId() => Guid.NewGuid().ToString("n", CultureInfo.InvariantCulture);

    private async Task<bool> SendAsync(ServiceBusSender sender, ServiceBusMessage message, DateTimeOffset? at, CancellationToken ct)
    {
        if (at is { } time)
            message.ScheduledEnqueueTime = time;
        try
        {
            await sender.SendMessageAsync(message, ct);
            return true;
        }
        catch (Exception e) when (IsFailure(e, ct))
        {
            NotSent(logger, e, sender.EntityPath);
            return false;
        }
    }

    /// <summary>Whatever the bus client throws; but not that the caller gave up.</summary>
    internal static bool IsFailure(Exception e, CancellationToken ct) => e is not OperationCanceledException || !ct.IsCancellationRequested;

    [LoggerMessage(LogLevel.Warning, "A ring for {Queue} was not sent; the relay rings again.")]
    internal static partial void NotSent(ILogger logger, Exception e, string queue);
}
