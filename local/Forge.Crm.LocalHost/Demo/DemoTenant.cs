using Forge.Crm.Domain.Records;

namespace Forge.Crm.LocalHost.Demo;

/// <summary>A demonstration tenant and its simulated HubSpot account.</summary>
internal sealed record DemoTenant(string Name, TenantId Id, long PortalId, string Token, int Seed, int Contacts, int Companies, int Deals)
{
    /// <summary>Together 12,000 contacts, 2,000 companies and 1,500 deals, the same in every run.</summary>
    public static readonly IReadOnlyList<DemoTenant> All =
    [
        new("Acme Robotics", new(Guid.Parse("a0000000-0000-4000-8000-000000000001")), 8100001, "demo-token-acme", 11, 8_000, 1_400, 1_000),
        new("Blue Harbor", new(Guid.Parse("b0000000-0000-4000-8000-000000000002")), 8100002, "demo-token-blue", 22, 4_000, 600, 500),
    ];

    public int Records => Contacts + Companies + Deals;
}
