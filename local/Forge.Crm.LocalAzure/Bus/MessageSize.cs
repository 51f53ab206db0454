using System.Text;
using Azure.Messaging.ServiceBus;

namespace Forge.Crm.LocalAzure.Bus;

/// <summary>
/// The size that counts against the 256 KB of Service Bus's standard tier (learn.microsoft.com, "Service Bus quotas"): the body, the system
/// properties and the application properties. An estimate of the AMQP encoding, on the safe side by some bytes a property.
/// </summary>
internal static class MessageSize
{
    public const long Limit = 256 * 1024;

    private const int Envelope = 64;
    private const int PerValue = 16;

    public static long Of(ServiceBusMessage message)
    {
        long size = Envelope + message.Body.ToMemory().Length;
        foreach (var text in (string?[])[message.MessageId, message.SessionId, message.Subject, message.ContentType, message.CorrelationId])
            size += text is null ? 0 : PerValue + Encoding.UTF8.GetByteCount(text);
        foreach (var (name, value) in message.ApplicationProperties)
            size += PerValue + Encoding.UTF8.GetByteCount(name) + (value is string text ? Encoding.UTF8.GetByteCount(text) : PerValue);
        return size;
    }
}
