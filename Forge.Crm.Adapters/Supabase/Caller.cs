using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>What a person may do, as <c>app_metadata.crm_role</c> of their token says.</summary>
public enum CrmRole
{
    /// <summary>Reads. Also everybody whose role we do not know.</summary>
    Viewer,
    Member,
    Admin,
}

/// <summary>A person who presented a valid token. Nothing of it comes from anywhere but the token's signed part.</summary>
/// <param name="Subject">Supabase's id of the person; stands in the history of what they do.</param>
/// <param name="Tenant">Null where the token names none: such a person may do nothing here.</param>
public sealed record Caller(string Subject, TenantId? Tenant, CrmRole Role);
