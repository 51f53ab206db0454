#nullable disable

using Forge.Crm.LocalAzure.Bus;

namespace Azure.Messaging.ServiceBus;

/// <summary>Sends to one queue. Mirrors <c>Azure.Messaging.ServiceBus.ServiceBusSender</c>. Safe for concurrent use.</summary>
/// <exception cref="ServiceBusException">
/// From each send. <see cref="ServiceBusException.Reason"/> says why: no such queue, too large (256 KB, all messages of one send
/// together), or the database cannot be reached (transient). Nothing of that send is in the queue then, unless the connection
/// broke during the commit: then it may be.
/// </exception>
/// <exception cref="InvalidOperationException">From each send: a message without a session id, to a queue that requires sessions.</exception>
public class ServiceBusSender : IAsyncDisposable
{
    private readonly ServiceBusClient client;

    /// <summary>For mocks only, as in the genuine class.</summary>
    protected ServiceBusSender()
    {
    }

    protected internal ServiceBusSender(ServiceBusClient client, string queueOrTopicName)
    {
        ArgumentNullException.ThrowIfNull(client);
        this.client = client;
        EntityPath = queueOrTopicName;
    }

    public virtual string EntityPath { get; }

    public virtual string FullyQualifiedNamespace => client.FullyQualifiedNamespace;

    public virtual bool IsClosed { get; private set; }

    public virtual Task SendMessageAsync(ServiceBusMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return SendAsync([message], cancellationToken);
    }

    public virtual async Task SendMessagesAsync(IEnumerable<ServiceBusMessage> messages, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var list = messages as IReadOnlyList<ServiceBusMessage> ?? messages.ToList();
        if (list.Count > 0)
            await SendAsync(list, cancellationToken);
    }

    public virtual async Task SendMessagesAsync(ServiceBusMessageBatch messageBatch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messageBatch);
        if (messageBatch.Count > 0)
            await SendAsync(messageBatch.Messages, cancellationToken);
    }

    public virtual ValueTask<ServiceBusMessageBatch> CreateMessageBatchAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(new ServiceBusMessageBatch());

    /// <returns>The sequence number of the scheduled message; it gets another when its time comes.</returns>
    public virtual async Task<long> ScheduleMessageAsync(
        ServiceBusMessage message, DateTimeOffset scheduledEnqueueTime, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.ScheduledEnqueueTime = scheduledEnqueueTime;
        return (await SendAsync([message], cancellationToken))[0];
    }

    public virtual Task CloseAsync(CancellationToken cancellationToken = default)
    {
        IsClosed = true;
        return Task.CompletedTask;
    }

    public virtual async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    private Task<IReadOnlyList<long>> SendAsync(IReadOnlyList<ServiceBusMessage> messages, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        return BusSend.RunAsync(client.Connection, EntityPath, messages, ct);
    }
}
