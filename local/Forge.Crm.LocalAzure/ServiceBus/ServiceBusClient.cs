#nullable disable

using Azure.Core;
using Forge.Crm.LocalAzure.Bus;

namespace Azure.Messaging.ServiceBus;

/// <summary>
/// The way to the bus. Mirrors <c>Azure.Messaging.ServiceBus.ServiceBusClient</c>; here the connection string is PostgreSQL's.
/// One for the process: it owns the connections of its senders. Nothing is connected before the first send.
/// </summary>
public class ServiceBusClient : IAsyncDisposable
{
    private readonly BusConnection connection;

    /// <summary>For mocks only, as in the genuine class.</summary>
    protected ServiceBusClient()
    {
    }

    public ServiceBusClient(string connectionString)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        connection = new BusConnection(connectionString);
    }

    /// <exception cref="NotSupportedException">Always: there is no Azure behind the local flavour.</exception>
    public ServiceBusClient(string fullyQualifiedNamespace, TokenCredential credential)
    {
        ArgumentNullException.ThrowIfNull(fullyQualifiedNamespace);
        ArgumentNullException.ThrowIfNull(credential);
        throw new NotSupportedException(
            "This is the local flavour of the bus: it keeps its queues in PostgreSQL and takes a PostgreSQL connection string. "
            + "A Service Bus namespace with a token credential needs a build with -p:AzureSdk=nuget.");
    }

    public virtual string FullyQualifiedNamespace => connection.Host;

    public virtual bool IsClosed { get; private set; }

    internal BusConnection Connection =>
        IsClosed ? throw new ObjectDisposedException(nameof(ServiceBusClient), "The client was closed.") : connection;

    public virtual ServiceBusSender CreateSender(string queueOrTopicName)
    {
        ArgumentException.ThrowIfNullOrEmpty(queueOrTopicName);
        return new ServiceBusSender(this, queueOrTopicName);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (IsClosed)
            return;
        IsClosed = true;
        if (connection is not null)
            await connection.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
