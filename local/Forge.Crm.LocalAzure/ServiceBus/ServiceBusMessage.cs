// The genuine assembly carries no nullable annotations; nor do its stand-ins, so that callers get the same warnings from both.
#nullable disable

namespace Azure.Messaging.ServiceBus;

/// <summary>A message to send. Mirrors <c>Azure.Messaging.ServiceBus.ServiceBusMessage</c>.</summary>
public class ServiceBusMessage
{
    private const int MaxIdLength = 128;
    private string messageId;
    private string sessionId;
    private TimeSpan timeToLive = TimeSpan.MaxValue;

    public ServiceBusMessage() : this(default(ReadOnlyMemory<byte>))
    {
    }

    public ServiceBusMessage(string body) : this(new BinaryData(body))
    {
    }

    public ServiceBusMessage(ReadOnlyMemory<byte> body) : this(BinaryData.FromBytes(body))
    {
    }

    public ServiceBusMessage(BinaryData body)
    {
        ArgumentNullException.ThrowIfNull(body);
        Body = body;
    }

    /// <summary>A copy to send again; what the broker had added (lock, counts, dead-letter reason) is left behind.</summary>
    public ServiceBusMessage(ServiceBusReceivedMessage receivedMessage)
    {
        ArgumentNullException.ThrowIfNull(receivedMessage);
        Body = receivedMessage.Body;
        messageId = receivedMessage.MessageId;
        sessionId = receivedMessage.SessionId;
        Subject = receivedMessage.Subject;
        ContentType = receivedMessage.ContentType;
        CorrelationId = receivedMessage.CorrelationId;
        timeToLive = receivedMessage.TimeToLive;
        foreach (var (name, value) in receivedMessage.ApplicationProperties)
            if (name is not (ServiceBusReceivedMessage.DeadLetterReasonKey or ServiceBusReceivedMessage.DeadLetterErrorDescriptionKey))
                ApplicationProperties[name] = value;
    }

    public BinaryData Body { get; set; }

    /// <exception cref="ArgumentException">Null, empty, or longer than 128 characters.</exception>
    public string MessageId
    {
        get => messageId;
        set => messageId = value is { Length: > 0 and <= MaxIdLength }
            ? value
            : throw new ArgumentException($"A message id has 1 to {MaxIdLength} characters.", nameof(MessageId));
    }

    /// <exception cref="ArgumentException">Longer than 128 characters.</exception>
    public string SessionId
    {
        get => sessionId;
        set => sessionId = value is null or { Length: <= MaxIdLength }
            ? value
            : throw new ArgumentException($"A session id has at most {MaxIdLength} characters.", nameof(SessionId));
    }

    public string Subject { get; set; }

    public string ContentType { get; set; }

    public string CorrelationId { get; set; }

    /// <exception cref="ArgumentOutOfRangeException">Zero or negative.</exception>
    public TimeSpan TimeToLive
    {
        get => timeToLive;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero, nameof(TimeToLive));
            timeToLive = value;
        }
    }

    public DateTimeOffset ScheduledEnqueueTime { get; set; }

    /// <summary>Numbers, bool, char, string, Guid, Uri, DateTime, DateTimeOffset and TimeSpan; anything else fails at the send.</summary>
    public IDictionary<string, object> ApplicationProperties { get; } = new Dictionary<string, object>();

    public override string ToString() => $"{{MessageId:{MessageId}}}";
}
