using System.Collections.Concurrent;
using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Tests.LocalAzure;

/// <summary>What the sample functions did.</summary>
public sealed class QueueLog
{
    private readonly ConcurrentDictionary<string, int> perSession = new();
    private int runs;

    public ConcurrentQueue<(string Body, string? Session, DateTimeOffset At)> Handled { get; } = new();

    public ConcurrentQueue<(string Body, string Reason, string Description)> Dead { get; } = new();

    public TaskCompletionSource Gate { get; set; } = new();

    public int Running => runs;

    public int Peak { get; private set; }

    public int PeakInASession { get; private set; }

    public void Enter(string? session)
    {
        lock (perSession)
        {
            Peak = Math.Max(Peak, ++runs);
            PeakInASession = Math.Max(PeakInASession, perSession.AddOrUpdate(session ?? "", 1, (_, count) => count + 1));
        }
    }

    public void Leave(ServiceBusReceivedMessage message)
    {
        lock (perSession)
        {
            runs--;
            perSession[message.SessionId ?? ""]--;
        }
        Handled.Enqueue((message.Body.ToString(), message.SessionId, TimeProvider.System.GetUtcNow()));
    }
}

/// <summary>Functions that do what their message's text says.</summary>
public sealed class QueueFunctionsSample(QueueLog log)
{
    [Function("Lanes")]
    public async Task Lanes(
        [ServiceBusTrigger("%Lanes%", Connection = "ServiceBus", IsSessionsEnabled = true)] ServiceBusReceivedMessage message,
        ServiceBusSessionMessageActions session, CancellationToken ct)
    {
        log.Enter(message.SessionId);
        try
        {
            await RunAsync(message.Body.ToString(), session, ct);
        }
        finally
        {
            log.Leave(message);
        }
    }

    [Function("Plain")]
    public async Task Plain(
        [ServiceBusTrigger("plain", Connection = "ServiceBus", AutoCompleteMessages = false)] ServiceBusReceivedMessage message,
        ServiceBusMessageActions actions)
    {
        log.Enter(null);
        if (message.Body.ToString() == "dead-letter")
            await actions.DeadLetterMessageAsync(message, deadLetterReason: "Unreadable", deadLetterErrorDescription: "on purpose");
        else if (message.Body.ToString() == "abandon once" && message.DeliveryCount == 1)
            await actions.AbandonMessageAsync(message);
        else if (message.Body.ToString() != "leave")
            await actions.CompleteMessageAsync(message);
        log.Leave(message);
    }

    [Function("PlainDead")]
    public void PlainDead([ServiceBusTrigger("plain/$deadletterqueue", Connection = "ServiceBus")] ServiceBusReceivedMessage message) => Bury(message);

    [Function("LanesDead")]
    public void LanesDead([ServiceBusTrigger("%Lanes%/$DeadLetterQueue", Connection = "ServiceBus")] ServiceBusReceivedMessage message) => Bury(message);

    private async Task RunAsync(string body, ServiceBusSessionMessageActions session, CancellationToken ct)
    {
        if (body.StartsWith("fail", StringComparison.Ordinal))
            throw new FormatException(body);
        if (body.StartsWith("wait", StringComparison.Ordinal))
            await log.Gate.Task;
        if (body.StartsWith("until", StringComparison.Ordinal))
            await Task.Delay(Timeout.Infinite, ct);
        if (body.StartsWith("release", StringComparison.Ordinal))
            await session.ReleaseSession(ct);
    }

    private void Bury(ServiceBusReceivedMessage message) =>
        log.Dead.Enqueue((message.Body.ToString(), message.DeadLetterReason, message.DeadLetterErrorDescription?.Replace(
            "Message could not be consumed after 3 delivery attempts.", "", StringComparison.Ordinal) ?? ""));
}
