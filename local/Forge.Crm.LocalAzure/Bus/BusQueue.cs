using Azure.Messaging.ServiceBus;
using NpgsqlTypes;
using static Forge.Crm.LocalAzure.Bus.MessageRow;
using static Forge.Crm.LocalAzure.Bus.Parameters;

namespace Forge.Crm.LocalAzure.Bus;

/// <summary>One queue (or dead-letter sub-queue) from its receivers' side. A receive is one statement.</summary>
internal sealed class BusQueue(BusConnection connection, int id, string name, bool requiresSession, TimeSpan lockDuration)
{
    public string Name => name;

    public bool RequiresSession => requiresSession;

    public TimeSpan LockDuration => lockDuration;

    public Settlement Settlement { get; } = new(connection, name);

    /// <summary>Makes the queue and its dead-letter sub-queue, or changes them to this definition; messages in it stay.</summary>
    public static async Task<BusQueue> DeclareAsync(BusConnection connection, QueueDefinition queue, CancellationToken ct)
    {
        var name = QueueDefinition.Normalize(queue.Name);
        await connection.QueryAsync(name, "select local_bus.declare_queue($1, $2, $3, $4, $5)", row => row.GetInt32(0), ct,
            Text(name), Value(queue.RequiresSession), Value(queue.LockDuration), Value(queue.MaxDeliveryCount),
            Nullable(queue.TimeToLive, NpgsqlDbType.Interval));
        return await OpenAsync(connection, name, ct);
    }

    /// <exception cref="ServiceBusException">There is no such queue.</exception>
    public static async Task<BusQueue> OpenAsync(BusConnection connection, string queue, CancellationToken ct)
    {
        var name = QueueDefinition.Normalize(queue);
        var found = await connection.QueryAsync(
            name, "select id, requires_session, lock_duration from local_bus.queues where name = $1",
            row => new BusQueue(connection, row.GetInt32(0), name, row.GetBoolean(1), row.GetTimeSpan(2)), ct, Text(name));
        return found.Count > 0
            ? found[0]
            : throw new ServiceBusException("The queue does not exist.", ServiceBusFailureReason.MessagingEntityNotFound, queue);
    }

    /// <summary>Locks up to <paramref name="max"/> messages that nobody holds, oldest first. Not for queues with sessions.</summary>
    public async Task<List<ServiceBusReceivedMessage>> ReceiveAsync(int max, CancellationToken ct)
    {
        var messages = await connection.QueryAsync(
            name, $"select {Columns} from local_bus.receive($1, $2)", row => Read(row, id), ct, Value(id), Value(max));
        messages.Sort((a, b) => a.SequenceNumber.CompareTo(b.SequenceNumber));
        return messages;
    }

    /// <summary>
    /// Takes up to <paramref name="max"/> sessions that have a message and no holder, with the first message of each. The search begins after the session id
    /// <paramref name="after"/> and goes round, so that every session has its turn.
    /// </summary>
    public Task<List<ServiceBusReceivedMessage>> AcceptSessionsAsync(string after, int max, CancellationToken ct) => connection.QueryAsync(
        name, $"select {Columns} from local_bus.accept_sessions($1, $2, $3)", row => Read(row, id), ct, Value(id), Text(after), Value(max));

    /// <summary>
    /// The next message of a held session, after completing <paramref name="done"/> (null: nothing to complete) in the same statement; null when there is none, and
    /// then the session is let go if so asked.
    /// </summary>
    /// <exception cref="ServiceBusException">The session lock was lost; nothing was completed.</exception>
    public async Task<ServiceBusReceivedMessage?> ReceiveInSessionAsync(
        SessionHold hold, Delivery? done, bool releaseIfEmpty, CancellationToken ct)
    {
        var messages = await connection.QueryAsync(
            name, $"select {Columns} from local_bus.receive_in_session($1, $2, $3, $4, $5, $6)", row => Read(row, id), ct,
            Value(id), Text(hold.SessionId), Value(hold.Token), Nullable(done?.SequenceNumber, NpgsqlDbType.Bigint),
            Nullable(done?.LockToken, NpgsqlDbType.Uuid), Value(releaseIfEmpty));
        if (done is not null)
            done.IsSettled = true;
        return messages.FirstOrDefault();
    }

    public Task ReleaseSessionAsync(SessionHold hold, CancellationToken ct) => connection.QueryAsync(
        name, "select local_bus.release_session($1, $2, $3)", _ => 0, ct, Value(id), Text(hold.SessionId), Value(hold.Token));

    /// <summary>How long until the next scheduled message falls due; null when none is scheduled.</summary>
    public async Task<TimeSpan?> NextDueAsync(CancellationToken ct)
    {
        const string sql = "select min(due_at) - clock_timestamp() from local_bus.scheduled where queue_id = $1";
        var due = await connection.QueryAsync(name, sql, row => row.IsDBNull(0) ? null : (TimeSpan?)row.GetTimeSpan(0), ct, Value(id));
        return due[0];
    }
}
