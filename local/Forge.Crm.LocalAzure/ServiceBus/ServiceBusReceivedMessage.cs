#nullable disable

using System.Collections.ObjectModel;
using Forge.Crm.LocalAzure.Bus;

namespace Azure.Messaging.ServiceBus;

/// <summary>A delivered message. Mirrors <c>Azure.Messaging.ServiceBus.ServiceBusReceivedMessage</c>.</summary>
public class ServiceBusReceivedMessage
{
    internal const string DeadLetterReasonKey = "DeadLetterReason";
    internal const string DeadLetterErrorDescriptionKey = "DeadLetterErrorDescription";

    internal ServiceBusReceivedMessage()
    {
    }

    /// <summary>What a settle must present; null for a message made by <see cref="ServiceBusModelFactory"/>.</summary>
    internal Delivery Delivery { get; init; }

    public IReadOnlyDictionary<string, object> ApplicationProperties { get; internal init; } = ReadOnlyDictionary<string, object>.Empty;

    public BinaryData Body { get; internal init; }

    public string ContentType { get; internal init; }

    public string CorrelationId { get; internal init; }

    public string DeadLetterErrorDescription => ApplicationProperties.GetValueOrDefault(DeadLetterErrorDescriptionKey) as string;

    public string DeadLetterReason => ApplicationProperties.GetValueOrDefault(DeadLetterReasonKey) as string;

    public string DeadLetterSource { get; internal init; }

    /// <summary>How often it was delivered, this time included.</summary>
    public int DeliveryCount { get; internal init; }

    public long EnqueuedSequenceNumber { get; internal init; }

    public DateTimeOffset EnqueuedTime { get; internal init; }

    public DateTimeOffset ExpiresAt =>
        TimeToLive >= DateTimeOffset.MaxValue - EnqueuedTime ? DateTimeOffset.MaxValue : EnqueuedTime + TimeToLive;

    public DateTimeOffset LockedUntil { get; internal set; }

    public string LockToken { get; internal init; }

    public string MessageId { get; internal init; }

    public string PartitionKey { get; internal init; }

    public string ReplyTo { get; internal init; }

    public string ReplyToSessionId { get; internal init; }

    public DateTimeOffset ScheduledEnqueueTime { get; internal init; }

    public long SequenceNumber { get; internal init; }

    public string SessionId { get; internal init; }

    public ServiceBusMessageState State { get; internal init; }

    public string Subject { get; internal init; }

    public TimeSpan TimeToLive { get; internal init; } = TimeSpan.MaxValue;

    public string To { get; internal init; }

    public string TransactionPartitionKey { get; internal init; }

    public override string ToString() => $"{{MessageId:{MessageId}}}";
}
