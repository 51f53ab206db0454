using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>How a stage stood when a day of the tenant began, a row a currency: amounts of two currencies are never added.</summary>
internal sealed class PipelineSnapshotRow
{
    public Guid TenantId { get; set; }

    /// <summary>The day that begins at that midnight.</summary>
    public DateOnly SnapshotDate { get; set; }

    public Guid PipelineId { get; set; }
    public Guid StageId { get; set; }
    public string Currency { get; set; } = "";
    public string Pipeline { get; set; } = "";
    public string Stage { get; set; } = "";

    /// <summary>Open and won ones; none where deals only moved out.</summary>
    public int DealCount { get; set; }

    public decimal TotalValue { get; set; }
    public decimal WeightedValue { get; set; }
    public decimal? AverageDaysInStage { get; set; }

    /// <summary>Deals that count in this row and did not a day before, by whatever way.</summary>
    public int? MovedIn { get; set; }

    public int? MovedOut { get; set; }

    /// <summary>Counted, at a value of nothing.</summary>
    public int DealsWithoutAmount { get; set; }

    /// <summary>Open ones: no month's forecast has them.</summary>
    public int DealsWithoutCloseDate { get; set; }

    /// <summary>Deals of less than nothing: they lower the sums.</summary>
    public int DealsNegative { get; set; }

    public DateTimeOffset TakenAt { get; set; }
}

internal sealed class PipelineSnapshotRowConfiguration : IEntityTypeConfiguration<PipelineSnapshotRow>
{
    public void Configure(EntityTypeBuilder<PipelineSnapshotRow> builder)
    {
        builder.ToTable("crm_pipeline_snapshots");
        builder.HasKey(row => new { row.TenantId, row.SnapshotDate, row.PipelineId, row.StageId, row.Currency });
        builder.Property(row => row.TotalValue).SumOfMoney();
        builder.Property(row => row.WeightedValue).SumOfMoney();
        builder.Property(row => row.AverageDaysInStage).HasColumnType("numeric(9,2)");
        builder.Property(row => row.DealsWithoutAmount).Default("0");
        builder.Property(row => row.DealsWithoutCloseDate).Default("0");
        builder.Property(row => row.DealsNegative).Default("0");
        builder.Property(row => row.TakenAt).Made("now()");
    }
}
