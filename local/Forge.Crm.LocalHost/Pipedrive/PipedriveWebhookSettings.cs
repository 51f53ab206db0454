namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>How events reach webhooks (documentation, "Webhooks v2"). Everything may be changed while the simulator runs.</summary>
internal sealed class PipedriveWebhookSettings
{
    /// <summary>How long after the change a delivery leaves.</summary>
    public TimeSpan Delay { get; set; }

    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long after a failed delivery the next one leaves; after the last of them the event is given up.</summary>
    public TimeSpan[] RetryDelays { get; set; } = [TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(150)];

    /// <summary>So many events whose first delivery failed stop a webhook for <see cref="BanTime"/>; what happens meanwhile is never told.</summary>
    public int FailuresToBan { get; set; } = 10;

    public TimeSpan BanTime { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>A webhook that heard no success for so long is deleted at its next failure.</summary>
    public TimeSpan DeletedAfter { get; set; } = TimeSpan.FromDays(3);

    /// <summary>Deliveries under way at once for one account.</summary>
    public int Concurrency { get; init; } = 10;

    /// <summary>The chance of an event to be delivered once more, 0 to 1.</summary>
    public double Duplicates { get; set; }

    /// <summary>The chance of an event never to be sent, 0 to 1.</summary>
    public double Drops { get; set; }

    /// <summary>Told of every event as it arises, whatever becomes of it on its way: a test's own view of what happened in an account.</summary>
    public Action<PipedriveAccount, PipedriveEvent>? Witness { get; set; }
}

/// <summary>What became of an account's events; one event may go to several webhooks.</summary>
/// <param name="Lost">To a ban.</param>
internal sealed record PipedriveWebhookCounts(
    long Raised, long Delivered, long Duplicated, long Dropped, long Lost, long FailedDeliveries, long GivenUp);
