namespace Azure.Messaging.ServiceBus;

/// <summary>Mirrors <c>Azure.Messaging.ServiceBus.ServiceBusMessageState</c>.</summary>
public enum ServiceBusMessageState
{
    Active = 0,
    Deferred = 1,
    Scheduled = 2,
}
