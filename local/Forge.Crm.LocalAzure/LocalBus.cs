using Forge.Crm.LocalAzure.Bus;
using Npgsql;

namespace Forge.Crm.LocalAzure;

/// <summary>The local bus from outside its client: to make a queue without a functions host, and to see what is in the queues.</summary>
public static class LocalBus
{
    private const string CountSql = """
        select q.name,
               (select count(*) from local_bus.messages m where m.queue_id = q.id),
               (select count(*) from local_bus.scheduled s where s.queue_id = q.id)
          from local_bus.queues q order by q.name
        """;

    /// <summary>Makes a queue with the default lock (a minute) and ten deliveries, or sets it to these; messages in it stay.</summary>
    public static async Task DeclareQueueAsync(string connectionString, string queue, bool requiresSession, CancellationToken ct = default)
    {
        await using var connection = new BusConnection(connectionString);
        await BusQueue.DeclareAsync(connection, QueueDefinition.WithDefaults(queue, requiresSession), ct);
    }

    /// <summary>Every queue with its number of messages; dead-letter sub-queues are queues of their own. It counts: for people and tests.</summary>
    public static async Task<IReadOnlyList<LocalQueue>> CountAsync(string connectionString, CancellationToken ct = default)
    {
        await using var connection = new BusConnection(connectionString);
        return await connection.QueryAsync("", CountSql, Read, ct);
    }

    private static LocalQueue Read(NpgsqlDataReader row) => new(row.GetString(0), row.GetInt64(1), row.GetInt64(2));
}

/// <summary>A queue and what is in it; locked messages are among the active ones.</summary>
public sealed record LocalQueue(string Name, long Active, long Scheduled);
