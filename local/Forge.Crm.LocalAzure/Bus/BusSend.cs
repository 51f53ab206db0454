using Azure.Messaging.ServiceBus;
using Npgsql;
using NpgsqlTypes;

namespace Forge.Crm.LocalAzure.Bus;

/// <summary>A send: all its messages in one statement, in the queue together or not at all, in the order given.</summary>
internal static class BusSend
{
    private const string Sql = "select local_bus.send($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

    public static async Task<IReadOnlyList<long>> RunAsync(
        BusConnection connection, string queue, IReadOnlyList<ServiceBusMessage> messages, CancellationToken ct)
    {
        var size = messages.Sum(MessageSize.Of);
        if (size > MessageSize.Limit)
            throw BusErrors.TooLarge(queue, size);
        var name = QueueDefinition.Normalize(queue);
        var numbers = await connection.QueryAsync(queue, Sql, row => row.GetInt64(0), ct,
            new NpgsqlParameter<string> { TypedValue = name },
            Texts(messages, m => m.MessageId),
            Texts(messages, m => string.IsNullOrEmpty(m.SessionId) ? null : m.SessionId),
            Texts(messages, m => m.Subject),
            Texts(messages, m => m.ContentType),
            Texts(messages, m => m.CorrelationId),
            Texts(messages, m => PropertyText.Write(m.ApplicationProperties)),
            new NpgsqlParameter<byte[][]> { TypedValue = Column(messages, m => m.Body.ToArray()) },
            new NpgsqlParameter<TimeSpan?[]>
            {
                TypedValue = Column(messages, m => m.TimeToLive == TimeSpan.MaxValue ? null : (TimeSpan?)m.TimeToLive),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Interval,
            },
            new NpgsqlParameter<DateTimeOffset?[]>
            {
                TypedValue = Column(messages, m => m.ScheduledEnqueueTime == default ? null : (DateTimeOffset?)m.ScheduledEnqueueTime.ToUniversalTime()),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
            });
        connection.Ringer.Ring(name);
        return numbers;
    }

    private static NpgsqlParameter<string?[]> Texts(IReadOnlyList<ServiceBusMessage> messages, Func<ServiceBusMessage, string?> read) =>
        new() { TypedValue = Column(messages, read), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static T[] Column<T>(IReadOnlyList<ServiceBusMessage> messages, Func<ServiceBusMessage, T> read)
    {
        var column = new T[messages.Count];
        for (var i = 0; i < column.Length; i++)
            column[i] = read(messages[i]);
        return column;
    }
}
