using Azure.Messaging.ServiceBus;
using Npgsql;
using NpgsqlTypes;
using static Forge.Crm.LocalAzure.Bus.Parameters;

namespace Forge.Crm.LocalAzure.Bus;

/// <summary>
/// What a receiver does with a message that it holds; each is one statement, and works only while the lock is held: an expired or stolen lock is a
/// <see cref="ServiceBusException"/> (<see cref="ServiceBusFailureReason.MessageLockLost"/>, or
/// <see cref="ServiceBusFailureReason.SessionLockLost"/> in a session), and the message is untouched.
/// </summary>
internal sealed class Settlement(BusConnection connection, string queue)
{
    public Task CompleteAsync(ServiceBusReceivedMessage message, CancellationToken ct) =>
        SettleAsync(Held(message), "select local_bus.complete($1, $2, $3, $4, $5)", ct);

    /// <summary>Back into the queue at once; or to the dead letters, when that was its last delivery.</summary>
    public Task AbandonAsync(ServiceBusReceivedMessage message, IDictionary<string, object>? changes, CancellationToken ct) =>
        SettleAsync(Held(message), "select local_bus.abandon($1, $2, $3, $4, $5, $6)", ct, Changed(message, changes));

    public Task DeadLetterAsync(
        ServiceBusReceivedMessage message, IDictionary<string, object>? changes, string? reason, string? description, CancellationToken ct) =>
        SettleAsync(Held(message), "select local_bus.dead_letter($1, $2, $3, $4, $5, $6, $7, $8)", ct,
            Changed(message, changes), Text(reason), Text(description));

    /// <summary>Renews the lock of the message, or of its session.</summary>
    public async Task<DateTimeOffset> RenewAsync(ServiceBusReceivedMessage message, CancellationToken ct)
    {
        var held = Held(message);
        var until = held.Session is { } session
            ? await RenewAsync("select local_bus.renew_session($1, $2, $3)", ct, Value(session.QueueId), Text(session.SessionId), Value(session.Token))
            : await RenewAsync("select local_bus.renew_message($1, $2, $3, $4)", ct, Value(held.QueueId), Text(held.Lane), Value(held.SequenceNumber), Value(held.LockToken));
        return until ?? throw Lost(held);
    }

    private async Task<DateTimeOffset?> RenewAsync(string sql, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        var until = await connection.QueryAsync(
            queue, sql, row => row.IsDBNull(0) ? null : (DateTimeOffset?)row.GetFieldValue<DateTimeOffset>(0), ct, parameters);
        return until[0];
    }

    private async Task SettleAsync(Delivery held, string sql, CancellationToken ct, params NpgsqlParameter[] more)
    {
        var done = await connection.QueryAsync(queue, sql, row => row.GetBoolean(0), ct,
        [
            Value(held.QueueId), Text(held.Lane), Value(held.SequenceNumber), Value(held.LockToken), Nullable(held.Session?.Token, NpgsqlDbType.Uuid), .. more,
        ]);
        if (!done[0])
            throw Lost(held);
        held.IsSettled = true;
    }

    private ServiceBusException Lost(Delivery held) =>
        held.Session is null ? BusErrors.MessageLockLost(queue) : BusErrors.SessionLockLost(queue);

    private Delivery Held(ServiceBusReceivedMessage message) => message.Delivery ?? throw BusErrors.MessageLockLost(queue);

    private static NpgsqlParameter Changed(ServiceBusReceivedMessage message, IDictionary<string, object>? changes)
    {
        if (changes is not { Count: > 0 })
            return Text(null);
        var properties = new Dictionary<string, object>(message.ApplicationProperties);
        foreach (var (name, value) in changes)
            properties[name] = value;
        return Text(PropertyText.Write(properties));
    }
}
