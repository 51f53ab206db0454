using Azure.Messaging.ServiceBus;
using Npgsql;

namespace Forge.Crm.LocalAzure.Bus;

/// <summary>A row of <c>local_bus.messages</c> as a received message.</summary>
internal static class MessageRow
{
    public const string Columns = """
        sequence_number, lock_token, session_id, message_id, subject, content_type, correlation_id, properties, body, enqueued_at,
        time_to_live, delivery_count, locked_until, dead_letter_reason, dead_letter_description, session_token
        """;

    public static ServiceBusReceivedMessage Read(NpgsqlDataReader row, int queueId) => new()
    {
        Delivery = new Delivery(
            queueId, row.GetInt64(0), row.GetGuid(1), row.IsDBNull(15) ? null : new SessionHold(queueId, row.GetString(2), row.GetGuid(15))),
        SequenceNumber = row.GetInt64(0),
        LockToken = row.GetGuid(1).ToString(),
        SessionId = Optional(row, 2),
        MessageId = Optional(row, 3),
        Subject = Optional(row, 4),
        ContentType = Optional(row, 5),
        CorrelationId = Optional(row, 6),
        ApplicationProperties = ReadProperties(row),
        Body = new BinaryData(row.GetFieldValue<byte[]>(8)),
        EnqueuedTime = row.GetFieldValue<DateTimeOffset>(9),
        TimeToLive = row.IsDBNull(10) ? TimeSpan.MaxValue : row.GetTimeSpan(10),
        DeliveryCount = row.GetInt32(11),
        LockedUntil = row.GetFieldValue<DateTimeOffset>(12),
    };

    private static Dictionary<string, object> ReadProperties(NpgsqlDataReader row)
    {
        var properties = PropertyText.Read(Optional(row, 7));
        if (Optional(row, 13) is { } reason)
            properties[ServiceBusReceivedMessage.DeadLetterReasonKey] = reason;
        if (Optional(row, 14) is { } description)
            properties[ServiceBusReceivedMessage.DeadLetterErrorDescriptionKey] = description;
        return properties;
    }

    private static string? Optional(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
