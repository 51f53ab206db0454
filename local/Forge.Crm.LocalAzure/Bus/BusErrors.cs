using Azure.Messaging.ServiceBus;
using Npgsql;

namespace Forge.Crm.LocalAzure.Bus;

/// <summary>The database's errors, said as the genuine client says them.</summary>
internal static class BusErrors
{
    // The codes are those that the schema's functions raise.
    private static readonly Dictionary<string, Func<string, Exception, Exception>> ByCode = new()
    {
        ["LB404"] = (entity, e) => new ServiceBusException(
            "The queue does not exist. The local bus has the queues of the functions that were started on it.",
            ServiceBusFailureReason.MessagingEntityNotFound, entity, e),
        ["LB400"] = (entity, e) => new InvalidOperationException(
            $"The SessionId was not set on a message, and it cannot be sent to {entity}: a queue with sessions takes only messages with one.", e),
        ["LB410"] = (entity, e) => SessionLockLost(entity, e),
    };

    public static Exception Translate(NpgsqlException error, string entity)
    {
        if (error is not PostgresException refused)
            return Unreachable(error, entity);
        if (ByCode.TryGetValue(refused.SqlState, out var create))
            return create(entity, error);
        return refused.IsTransient
            ? Unreachable(error, entity)
            : new ServiceBusException($"PostgreSQL refused it ({refused.SqlState}).", ServiceBusFailureReason.GeneralError, entity, error);
    }

    public static ServiceBusException MessageLockLost(string entity) => new(
        "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.",
        ServiceBusFailureReason.MessageLockLost, entity);

    public static ServiceBusException SessionLockLost(string entity, Exception? cause = null) => new(
        "The session lock has expired or another receiver took the session. The message will be delivered again.",
        ServiceBusFailureReason.SessionLockLost, entity, cause);

    public static ServiceBusException TooLarge(string entity, long size) => new(
        $"The messages of this send have {size} bytes together; Service Bus takes {MessageSize.Limit}.",
        ServiceBusFailureReason.MessageSizeExceeded, entity);

    private static ServiceBusException Unreachable(Exception error, string entity) => new(
        "The database of the local bus cannot be reached.", ServiceBusFailureReason.ServiceCommunicationProblem, entity, error);
}
