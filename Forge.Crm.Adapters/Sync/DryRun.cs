using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>
/// What a session of a dry run carries. Everything goes the way of a real job up to the commit: a batch is planned, written and looked at for its
/// pushes in a transaction, which is then taken back to where it began and keeps nothing but what was planned.
/// </summary>
/// <param name="Targets">The platforms that would be pushed to, as far as they can be opened now.</param>
/// <param name="Plans">Where it is noted.</param>
internal sealed record DryRun(TenantId Tenant, Guid Job, ImmutableArray<PlatformSession> Targets, PlanStore Plans)
{
    /// <summary>Owners and stages that the platform has named and that the hub does not know: kept for the job's next page, and nowhere else.</summary>
    public Action<Lookups> Learned { get; init; } = _ => { };
}
