namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>How events reach the app. Everything may be changed while the simulator runs, except <see cref="Concurrency"/>.</summary>
internal sealed class HubSpotWebhookSettings
{
    /// <summary>
    /// Where deliveries are posted; null sends none. <c>{portalId}</c> in it is replaced by the account's. An account may have its own instead.
    /// </summary>
    public string? Target { get; set; }

    /// <summary>The address that is signed, when the app believes itself to be elsewhere (behind a tunnel). Default: the target.</summary>
    public string? SignedTarget { get; set; }

    /// <summary>Contacts, companies and deals are told by <c>object.*</c> too, as apps with generic subscriptions see them.</summary>
    public bool Generic { get; set; }

    /// <summary>
    /// A new record raises its creation and one change for each property that it starts with. Seen on the wire, not documented.
    /// </summary>
    public bool PropertyChangesOnCreation { get; set; } = true;

    /// <summary>Properties that the app subscribed to, by object type and name. Default: all that can be written.</summary>
    public Func<HubSpotObjectType, HubSpotProperty, bool> Subscribed { get; set; } = (_, property) => !property.ReadOnly;

    /// <summary>At most this many events a delivery; HubSpot documents up to 100.</summary>
    public int BatchSize { get; set; } = 100;

    /// <summary>How long the first event waits for company.</summary>
    public TimeSpan BatchWindow { get; set; }

    /// <summary>How long after the change a delivery leaves.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Requests under way at once for one account.</summary>
    public int Concurrency { get; init; } = 10;

    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>HubSpot tries ten more times over 24 hours; the simulator does it in a few seconds by default.</summary>
    public int MaxRetries { get; set; } = 10;

    /// <summary>The first retry comes about this much later, each further one about twice as late as the one before.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The chance of an event to be delivered once more, 0 to 1.</summary>
    public double Duplicates { get; set; }

    /// <summary>The chance of an event never to be sent, 0 to 1.</summary>
    public double Drops { get; set; }

    /// <summary>Told of every event as it arises, whatever becomes of it on its way: a test's own view of what happened in an account.</summary>
    public Action<HubSpotAccount, HubSpotWebhookEvent>? Witness { get; set; }

    /// <summary>Events are taken in random order out of the oldest so many; 0 and 1 keep their order.</summary>
    public int ReorderWindow { get; set; }
}

/// <summary>What became of an account's events.</summary>
internal sealed record HubSpotWebhookCounts(
    long Raised, long Delivered, long Duplicated, long Dropped, long FailedDeliveries, long GivenUp);
