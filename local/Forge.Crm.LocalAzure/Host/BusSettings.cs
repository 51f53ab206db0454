using Forge.Crm.LocalAzure.Bus;
using Microsoft.Extensions.Configuration;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>The configuration section <c>LocalBus</c>: what infrastructure code says of the queues in Azure, and the host's own timing.</summary>
internal sealed record BusSettings
{
    /// <summary>How often a receiver looks without being rung.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long what is running may go on when the host stops; then its token is cancelled.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan? LockDuration { get; init; }

    public int? MaxDeliveryCount { get; init; }

    public TimeSpan? TimeToLive { get; init; }

    /// <summary>By queue name; what one says goes before the section's own. A queue that no function listens to is made too.</summary>
    public Dictionary<string, QueueOverride> Queues { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    public static BusSettings Read(IConfiguration configuration) => configuration.GetSection("LocalBus").Get<BusSettings>() ?? new BusSettings();

    public QueueDefinition Define(string queue, bool requiresSession)
    {
        var own = Queues.GetValueOrDefault(queue) ?? new QueueOverride();
        return new QueueDefinition(
            queue,
            own.RequiresSession ?? requiresSession,
            own.LockDuration ?? LockDuration ?? QueueDefinition.DefaultLockDuration,
            own.MaxDeliveryCount ?? MaxDeliveryCount ?? QueueDefinition.DefaultMaxDeliveryCount,
            own.TimeToLive ?? TimeToLive);
    }
}

/// <summary>One queue's entry in <see cref="BusSettings.Queues"/>; null is "as the others".</summary>
internal sealed record QueueOverride
{
    public bool? RequiresSession { get; init; }

    public TimeSpan? LockDuration { get; init; }

    public int? MaxDeliveryCount { get; init; }

    public TimeSpan? TimeToLive { get; init; }
}
