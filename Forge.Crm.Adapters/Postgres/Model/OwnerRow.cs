using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A user of a platform who owns records there, and the hub's id for that person.</summary>
internal sealed class OwnerRow
{
    public Guid TenantId { get; set; }
    public string Platform { get; set; } = "";
    public string ExternalId { get; set; } = "";
    public Guid OwnerId { get; set; }
    public string? Email { get; set; }
    public string? Name { get; set; }
    public bool Active { get; set; } = true;
    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class OwnerRowConfiguration : IEntityTypeConfiguration<OwnerRow>
{
    public void Configure(EntityTypeBuilder<OwnerRow> builder)
    {
        builder.ToTable("crm_owners", table => table.OneOf("platform", ColumnSets.Platforms));
        builder.HasKey(row => new { row.TenantId, row.Platform, row.ExternalId });
        builder.Property(row => row.Active).Default("true");
        builder.Property(row => row.UpdatedAt).Made("now()");
        builder.Index("ix_crm_owners_owner", row => new { row.TenantId, row.OwnerId });
    }
}
