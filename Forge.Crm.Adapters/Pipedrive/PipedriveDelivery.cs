using Forge.Crm.Domain.Events;

namespace Forge.Crm.Adapters.Pipedrive;

public enum PipedriveReading
{
    /// <summary>An event to apply.</summary>
    Usable,

    /// <summary>Authentic and well formed, but about something we do not sync: journaled <c>ignored</c>.</summary>
    NotUsed,

    /// <summary>Not readable: journaled <c>failed</c> with the reason.</summary>
    Unreadable,
}

/// <summary>A webhook delivery: one event.</summary>
/// <param name="Raw">Its bytes as they came.</param>
/// <param name="CompanyId">The account it is about; null where the event does not say (only if <see cref="PipedriveReading.Unreadable"/>).</param>
/// <param name="EventKey">The same for every delivery of the event, another for any other event of the account.</param>
/// <param name="Reason">Why it is not used; holds nothing of the event's values.</param>
public sealed record PipedriveDelivery(
    ReadOnlyMemory<byte> Raw, string? CompanyId, string EventKey, ChangeEvent Event,
    PipedriveReading Reading = PipedriveReading.Usable, string? Reason = null)
{
    /// <summary>An earlier delivery of it was not accepted. Ten such events, and nothing is told for half an hour.</summary>
    public bool IsRetry { get; init; }
}
