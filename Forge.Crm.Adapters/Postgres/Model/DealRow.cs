using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A deal of the hub. Amounts carry their ISO 4217 currency; probability is a share of one.</summary>
internal sealed class DealRow : RecordRow
{
    public string? Name { get; set; }
    public decimal? Amount { get; set; }
    public string? Currency { get; set; }
    public Guid? PipelineId { get; set; }
    public Guid? StageId { get; set; }
    public string? Status { get; set; }
    public decimal? Probability { get; set; }
    public DateOnly? CloseDate { get; set; }
    public string? DealType { get; set; }
    public string? Description { get; set; }
    public string? LostReason { get; set; }
    public string? WonReason { get; set; }
    public Guid? OwnerId { get; set; }
}

internal sealed class DealRowConfiguration() : RecordRowConfiguration<DealRow>("crm_deals")
{
    protected override void Fields(EntityTypeBuilder<DealRow> builder)
    {
        builder.Property(row => row.Amount).Money();
        builder.Property(row => row.Probability).HasColumnType("numeric(5,4)");
    }

    protected override void Checks(TableBuilder<DealRow> table) => table.OneOf("status", ColumnSets.DealStatuses);
}
