using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>Who does a piece of work until when. Work for the whole system has the nil uuid as its tenant, so there is no key to the tenants.</summary>
internal sealed class LeaseRow
{
    public Guid TenantId { get; set; }
    public string Name { get; set; } = "";
    public string Holder { get; set; } = "";

    /// <summary>Goes up with every new holder; a write that names an older one is late and must not count.</summary>
    public long Fence { get; set; } = 1;

    public DateTimeOffset ExpiresAt { get; set; }
}

internal sealed class LeaseRowConfiguration : IEntityTypeConfiguration<LeaseRow>
{
    public void Configure(EntityTypeBuilder<LeaseRow> builder)
    {
        builder.ToTable("crm_leases");
        builder.HasKey(row => new { row.TenantId, row.Name });
        builder.Property(row => row.Fence).Default("1");
    }
}
