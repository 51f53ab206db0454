using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>Holds a mapping against the tenant's own project; see <see cref="SupabaseProjectDocument"/> for its form.</summary>
internal sealed class SupabaseProjectMappingCheck(SupabaseProjectConnector connector) : IMappingCheck
{
    public Platform Platform => Platform.SupabaseProject;

    public async Task<string> CheckAsync(TenantId tenant, string secret, string mapping, MappingUse use, CancellationToken ct)
    {
        await ((SupabaseProjectConnector)connector.Of(mapping, use.ShapeOf)).CheckAsync(tenant, secret, use.IsWritten, ct);
        return mapping;
    }
}
