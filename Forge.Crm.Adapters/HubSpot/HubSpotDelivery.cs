using System.Collections.Immutable;
using Forge.Crm.Domain.Events;

namespace Forge.Crm.Adapters.HubSpot;

public enum HubSpotReading
{
    /// <summary>An event to apply.</summary>
    Usable,

    /// <summary>Authentic and well formed, but about something we do not sync: journaled <c>ignored</c>.</summary>
    NotUsed,

    /// <summary>Not readable: journaled <c>failed</c> with the reason.</summary>
    Unreadable,
}

/// <summary>One event of a webhook delivery.</summary>
/// <param name="Raw">Its bytes as they came: a slice of the body, to be copied before the body's buffer is given back.</param>
/// <param name="PortalId">The account it is about; null where the event does not say (only if <see cref="HubSpotReading.Unreadable"/>).</param>
/// <param name="EventKey">The same for every delivery of the event, another for any other event of the account.</param>
/// <param name="Reason">Why it is not used; holds nothing of the event's values.</param>
public sealed record HubSpotDelivery(
    ReadOnlyMemory<byte> Raw, string? PortalId, string EventKey, ChangeEvent Event, HubSpotReading Reading = HubSpotReading.Usable, string? Reason = null);

/// <summary>A webhook's body, split into its events; or what is wrong with the body as a whole.</summary>
/// <param name="Error">For the sender (answer it with a 4xx); null where the body is an array.</param>
public sealed record HubSpotBatch(ImmutableArray<HubSpotDelivery> Deliveries, string? Error = null);
