using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A deletion that was pushed: the last hour's are counted before more are.</summary>
internal sealed class DeletionRow
{
    public Guid TenantId { get; set; }
    public string Platform { get; set; } = "";
    public string Kind { get; set; } = "";
    public Guid RecordId { get; set; }
    public DateTimeOffset SentAt { get; set; }
}

internal sealed class DeletionRowConfiguration : IEntityTypeConfiguration<DeletionRow>
{
    public void Configure(EntityTypeBuilder<DeletionRow> builder)
    {
        builder.ToTable("crm_deletions", table => table.OneOf("platform", ColumnSets.Platforms).OneOf("kind", ColumnSets.Kinds));
        builder.HasKey(row => new { row.TenantId, row.Platform, row.Kind, row.RecordId });
        builder.Property(row => row.SentAt).Made("clock_timestamp()");
    }
}
