#nullable disable

using Forge.Crm.LocalAzure.Bus;

namespace Azure.Messaging.ServiceBus;

/// <summary>Messages that are known to fit into one send. Mirrors <c>Azure.Messaging.ServiceBus.ServiceBusMessageBatch</c>.</summary>
public sealed class ServiceBusMessageBatch : IDisposable
{
    private readonly List<ServiceBusMessage> messages = [];

    internal ServiceBusMessageBatch()
    {
    }

    public int Count => messages.Count;

    public long MaxSizeInBytes { get; } = MessageSize.Limit;

    public long SizeInBytes { get; private set; }

    internal IReadOnlyList<ServiceBusMessage> Messages => messages;

    /// <returns><see langword="false"/> when the message does not fit beside the others; the batch is then unchanged.</returns>
    public bool TryAddMessage(ServiceBusMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var size = SizeInBytes + MessageSize.Of(message);
        if (size > MaxSizeInBytes)
            return false;
        SizeInBytes = size;
        messages.Add(message);
        return true;
    }

    public void Dispose() => messages.Clear();
}
