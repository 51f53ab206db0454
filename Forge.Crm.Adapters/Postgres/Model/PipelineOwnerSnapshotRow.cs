using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>The part of one owner in a row of <c>crm_pipeline_snapshots</c>; the nil uuid for deals that nobody owns.</summary>
internal sealed class PipelineOwnerSnapshotRow
{
    public Guid TenantId { get; set; }
    public DateOnly SnapshotDate { get; set; }
    public Guid PipelineId { get; set; }
    public Guid StageId { get; set; }
    public string Currency { get; set; } = "";
    public Guid OwnerId { get; set; }
    public int DealCount { get; set; }
    public decimal TotalValue { get; set; }
    public decimal WeightedValue { get; set; }
    public decimal? AverageDaysInStage { get; set; }
}

internal sealed class PipelineOwnerSnapshotRowConfiguration : IEntityTypeConfiguration<PipelineOwnerSnapshotRow>
{
    public void Configure(EntityTypeBuilder<PipelineOwnerSnapshotRow> builder)
    {
        builder.ToTable("crm_pipeline_owner_snapshots");
        builder.HasKey(row => new { row.TenantId, row.SnapshotDate, row.PipelineId, row.StageId, row.Currency, row.OwnerId });
        builder.Property(row => row.TotalValue).SumOfMoney();
        builder.Property(row => row.WeightedValue).SumOfMoney();
        builder.Property(row => row.AverageDaysInStage).HasColumnType("numeric(9,2)");
    }
}
