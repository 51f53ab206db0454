namespace Forge.Crm.Adapters.Leads;

/// <summary>A row of <c>crm_hubspot_leads</c> that was claimed.</summary>
/// <param name="Contact">HubSpot's id of the contact, or of what it was merged into; null while it has no live record there.</param>
/// <param name="IsGone">The contact was deleted in the hub: there is nobody to make a lead of.</param>
/// <param name="Attempts">How often it was claimed, this time included.</param>
/// <param name="Age">Since the rule wrote it.</param>
internal sealed record QueuedLead(Guid Id, string Name, string? Contact, bool IsGone, int Attempts, TimeSpan Age);

internal enum LeadStatus
{
    Pending,

    /// <summary>It is at HubSpot; the row stays as long as it might have to be erased there.</summary>
    Made,

    /// <summary>The account has no leads: the contact's life-cycle stage has to do.</summary>
    None,

    /// <summary>Listed with its reason until a person redrives it.</summary>
    Failed,

    /// <summary>The contact was erased: what is at HubSpot goes with the contact.</summary>
    Erased,

    /// <summary>Nothing is to be done any more; the row goes.</summary>
    Dropped,
}
