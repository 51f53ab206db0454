namespace Forge.Crm.LocalAzure.Bus;

/// <summary>
/// What Azure's infrastructure code says of a queue, said here by the functions found and the section <c>LocalBus</c>.
/// <c>TimeToLive</c> is the longest life of a message, whatever the message asks for; null is for ever.
/// </summary>
internal sealed record QueueDefinition(
    string Name, bool RequiresSession, TimeSpan LockDuration, int MaxDeliveryCount, TimeSpan? TimeToLive)
{
    public const string DeadLetterSuffix = "/$deadletterqueue";

    public static readonly TimeSpan DefaultLockDuration = TimeSpan.FromMinutes(1);
    public const int DefaultMaxDeliveryCount = 10;

    public static QueueDefinition WithDefaults(string name, bool requiresSession) =>
        new(name, requiresSession, DefaultLockDuration, DefaultMaxDeliveryCount, null);

    /// <summary>Entity names have no case in Service Bus.</summary>
    public static string Normalize(string name) => name.ToLowerInvariant();
}
