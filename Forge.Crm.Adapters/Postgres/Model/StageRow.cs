using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A pipeline stage of a platform, and the hub's ids for it and for its pipeline.</summary>
internal sealed class StageRow
{
    public Guid TenantId { get; set; }
    public string Platform { get; set; } = "";
    public string PipelineExternalId { get; set; } = "";
    public string ExternalId { get; set; } = "";
    public Guid PipelineId { get; set; }
    public Guid StageId { get; set; }
    public string Pipeline { get; set; } = "";
    public string Label { get; set; } = "";
    public int Position { get; set; }
    public decimal? Probability { get; set; }
    public string Status { get; set; } = "open";
    public bool Archived { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class StageRowConfiguration : IEntityTypeConfiguration<StageRow>
{
    public void Configure(EntityTypeBuilder<StageRow> builder)
    {
        builder.ToTable("crm_stages", table => table.OneOf("platform", ColumnSets.Platforms).OneOf("status", ColumnSets.DealStatuses));
        builder.HasKey(row => new { row.TenantId, row.Platform, row.PipelineExternalId, row.ExternalId });
        builder.Property(row => row.Probability).HasColumnType("numeric(5,4)");
        builder.Property(row => row.Status).Default("'open'");
        builder.Property(row => row.Archived).Default("false");
        builder.Property(row => row.UpdatedAt).Made("now()");
        builder.Index("ix_crm_stages_stage", row => new { row.TenantId, row.StageId });
    }
}
