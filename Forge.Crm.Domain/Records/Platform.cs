namespace Forge.Crm.Domain.Records;

/// <summary>A system that holds a tenant's records. The order is the default rank that breaks a tie between equal stamps: the earlier one wins.</summary>
public enum Platform
{
    /// <summary>The hub's own tables (or a Supabase project of the tenant's own).</summary>
    Supabase,
    HubSpot,
    Pipedrive,
}
