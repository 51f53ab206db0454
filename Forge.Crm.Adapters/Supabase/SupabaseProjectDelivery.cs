using Forge.Crm.Domain.Events;

namespace Forge.Crm.Adapters.Supabase;

internal enum SupabaseProjectReading
{
    /// <summary>An event to apply.</summary>
    Usable,

    /// <summary>Authentic and well formed, but of a table that is not mapped, or our own write told back: journaled <c>ignored</c>.</summary>
    NotUsed,

    /// <summary>Not readable: journaled <c>failed</c> with the reason.</summary>
    Unreadable,
}

/// <summary>A database webhook's delivery: one event.</summary>
/// <param name="EventKey">The same for every delivery of the event, another for any other event of the project.</param>
/// <param name="Reason">Why it is not used; holds nothing of the event's values.</param>
internal sealed record SupabaseProjectDelivery(
    ReadOnlyMemory<byte> Raw, string EventKey, ChangeEvent Event, SupabaseProjectReading Reading = SupabaseProjectReading.Usable, string? Reason = null);
