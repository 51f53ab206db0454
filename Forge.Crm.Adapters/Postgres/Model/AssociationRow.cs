using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>Two records that belong together. It has bases and a tombstone, like a field, or an unlink would be undone.</summary>
internal sealed class AssociationRow
{
    public Guid TenantId { get; set; }
    public string FromKind { get; set; } = "";
    public Guid FromId { get; set; }
    public string ToKind { get; set; } = "";
    public Guid ToId { get; set; }
    public bool IsPrimary { get; set; }
    public string Stamp { get; set; } = "";
    public DateTimeOffset? DeletedAt { get; set; }
    public string Bases { get; set; } = "{}";
}

internal sealed class AssociationRowConfiguration : IEntityTypeConfiguration<AssociationRow>
{
    public void Configure(EntityTypeBuilder<AssociationRow> builder)
    {
        builder.ToTable("crm_associations", table => table.OneOf("from_kind", ColumnSets.Kinds).OneOf("to_kind", ColumnSets.Kinds));
        builder.HasKey(row => new { row.TenantId, row.FromKind, row.FromId, row.ToKind, row.ToId });
        builder.Property(row => row.TenantId).Made(ColumnRules.TenantOfCaller);
        builder.Property(row => row.IsPrimary).Default("false");
        builder.Property(row => row.Bases).Json();
        builder.Index("ix_crm_associations_to", row => new { row.TenantId, row.ToKind, row.ToId });
    }
}
