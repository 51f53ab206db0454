namespace Forge.Crm.Domain.Records;

/// <summary>A system that holds a tenant's records. The order is the default rank that breaks a tie between equal stamps: the earlier one wins.</summary>
public enum Platform
{
    /// <summary>The hub's own tables: what people edit there by SQL, PostgREST or the console.</summary>
    Supabase,
    HubSpot,
    Pipedrive,

    /// <summary>A Supabase project of the tenant's own, with tables and columns of its own names.</summary>
    SupabaseProject,
}
