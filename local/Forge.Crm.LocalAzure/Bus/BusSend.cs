using Azure.Messaging.ServiceBus;
using Npgsql;
using NpgsqlTypes;
using static Forge.Crm.LocalAzure.Bus.Parameters;

namespace Forge.Crm.LocalAzure.Bus;

/// <summary>A send: all its messages in one statement, in the queue together or not at all, in the order given.</summary>
internal static class BusSend
{
    private const string Many = "select local_bus.send($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    private const string Later = "select local_bus.schedule($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

    // The usual case, without the price of arrays and of a function. It inserts nothing where something is wrong; the function says what.
    private const string One = """
        insert into local_bus.messages
            (queue_id, lane, message_id, session_id, subject, content_type, correlation_id, properties, body, time_to_live, expires_at)
        select id, case when requires_session then $3 else '' end, $2, $3, $4, $5, $6, $7::json, $8, least($9, default_time_to_live), clock_timestamp() + least($9, default_time_to_live)
          from local_bus.queues
         where name = $1 and not (requires_session and $3::text is null)
        returning sequence_number
        """;

    /// <returns>The sequence numbers, in the order of the messages.</returns>
    public static async Task<IReadOnlyList<long>> RunAsync(
        BusConnection connection, string queue, IReadOnlyList<ServiceBusMessage> messages, CancellationToken ct)
    {
        var size = messages.Sum(MessageSize.Of);
        if (size > MessageSize.Limit)
            throw BusErrors.TooLarge(queue, size);
        var name = QueueDefinition.Normalize(queue);
        List<long> numbers = [];
        if (messages.Any(message => message.ScheduledEnqueueTime != default))
            numbers = await connection.QueryAsync(queue, Later, Number, ct, [.. Columns(name, messages), Column(messages, NpgsqlDbType.TimestampTz, DueAt)]);
        else if (messages.Count == 1)
            numbers = await connection.QueryAsync(queue, One, Number, ct, Row(name, messages[0]));
        if (numbers.Count == 0)
            numbers = await connection.QueryAsync(queue, Many, Number, ct, Columns(name, messages));
        connection.Ringer.Ring(name);
        return numbers;
    }

    private static NpgsqlParameter[] Row(string queue, ServiceBusMessage message) =>
    [
        Text(queue), Text(message.MessageId), Text(SessionId(message)), Text(message.Subject), Text(message.ContentType), Text(message.CorrelationId),
        Text(PropertyText.Write(message.ApplicationProperties)), Nullable(message.Body.ToMemory(), NpgsqlDbType.Bytea),
        Nullable(TimeToLive(message), NpgsqlDbType.Interval),
    ];

    private static NpgsqlParameter[] Columns(string queue, IReadOnlyList<ServiceBusMessage> messages) =>
    [
        Text(queue),
        Column(messages, NpgsqlDbType.Text, m => m.MessageId),
        Column(messages, NpgsqlDbType.Text, SessionId),
        Column(messages, NpgsqlDbType.Text, m => m.Subject),
        Column(messages, NpgsqlDbType.Text, m => m.ContentType),
        Column(messages, NpgsqlDbType.Text, m => m.CorrelationId),
        Column(messages, NpgsqlDbType.Text, m => PropertyText.Write(m.ApplicationProperties)),
        Column(messages, NpgsqlDbType.Bytea, m => m.Body.ToArray()),
        Column(messages, NpgsqlDbType.Interval, TimeToLive),
    ];

    private static NpgsqlParameter<T[]> Column<T>(
        IReadOnlyList<ServiceBusMessage> messages, NpgsqlDbType type, Func<ServiceBusMessage, T> read) =>
        new() { TypedValue = [.. messages.Select(read)], NpgsqlDbType = NpgsqlDbType.Array | type };

    private static long Number(NpgsqlDataReader row) => row.GetInt64(0);

    private static DateTimeOffset? DueAt(ServiceBusMessage message) =>
        message.ScheduledEnqueueTime == default ? null : message.ScheduledEnqueueTime.ToUniversalTime();

    // An empty session id is none.
    private static string? SessionId(ServiceBusMessage message) => string.IsNullOrEmpty(message.SessionId) ? null : message.SessionId;

    private static TimeSpan? TimeToLive(ServiceBusMessage message) => message.TimeToLive == TimeSpan.MaxValue ? null : message.TimeToLive;
}
