using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Placeholder until the lookups land in this branch: replace by the real one when merging.</summary>
internal sealed class LookupStore(TenantDatabase database)
{
    public TenantDatabase Database { get; } = database;

    public Task<Lookups> LoadAsync(TenantId tenant, Platform platform, TenantLocale locale, CancellationToken ct) =>
        Task.FromResult(Database.Source is null ? null! : Lookups.None(locale));

    public Task<Lookups> RefreshAsync(TenantId tenant, Platform platform, Lookups known, ICrmAccount account, CancellationToken ct) =>
        Task.FromResult(Database.Source is null ? null! : known);
}
