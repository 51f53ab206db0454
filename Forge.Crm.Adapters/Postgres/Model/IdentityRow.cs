using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A match key, such as a normalised e-mail address, and the one record that holds it.</summary>
internal sealed class IdentityRow
{
    public Guid TenantId { get; set; }
    public string Kind { get; set; } = "";
    public string Key { get; set; } = "";
    public Guid RecordId { get; set; }
}

internal sealed class IdentityRowConfiguration : IEntityTypeConfiguration<IdentityRow>
{
    public void Configure(EntityTypeBuilder<IdentityRow> builder)
    {
        builder.ToTable("crm_identities", table => table.OneOf("kind", ColumnSets.Kinds));
        builder.HasKey(row => new { row.TenantId, row.Kind, row.Key });
        builder.Index("ix_crm_identities_record", row => new { row.TenantId, row.RecordId });
    }
}
