using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>How a stage stood at the end of a day of the tenant, a row a currency: amounts of two currencies are never added.</summary>
internal sealed class PipelineSnapshotRow
{
    public Guid TenantId { get; set; }
    public DateOnly SnapshotDate { get; set; }
    public Guid PipelineId { get; set; }
    public Guid StageId { get; set; }
    public string Currency { get; set; } = "";
    public string Pipeline { get; set; } = "";
    public string Stage { get; set; } = "";
    public int DealCount { get; set; }
    public decimal TotalValue { get; set; }
    public decimal WeightedValue { get; set; }
    public decimal? AverageDaysInStage { get; set; }
    public int? MovedIn { get; set; }
    public int? MovedOut { get; set; }
    public DateTimeOffset TakenAt { get; set; }
}

internal sealed class PipelineSnapshotRowConfiguration : IEntityTypeConfiguration<PipelineSnapshotRow>
{
    public void Configure(EntityTypeBuilder<PipelineSnapshotRow> builder)
    {
        builder.ToTable("crm_pipeline_snapshots");
        builder.HasKey(row => new { row.TenantId, row.SnapshotDate, row.PipelineId, row.StageId, row.Currency });
        builder.Property(row => row.TotalValue).Money();
        builder.Property(row => row.WeightedValue).Money();
        builder.Property(row => row.AverageDaysInStage).HasColumnType("numeric(9,2)");
        builder.Property(row => row.TakenAt).Made("now()");
    }
}
