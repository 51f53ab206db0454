using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>What was expected of one month as of one day, a row a currency.</summary>
internal sealed class RevenueForecastRow
{
    public Guid TenantId { get; set; }
    public DateOnly AsOf { get; set; }
    public DateOnly ForecastMonth { get; set; }
    public string Currency { get; set; } = "";
    public decimal Committed { get; set; }
    public decimal Upside { get; set; }
    public decimal Pipeline { get; set; }
    public decimal WeightedTotal { get; set; }
    public decimal Won { get; set; }
    public int DealCount { get; set; }
    public DateTimeOffset TakenAt { get; set; }
}

internal sealed class RevenueForecastRowConfiguration : IEntityTypeConfiguration<RevenueForecastRow>
{
    public void Configure(EntityTypeBuilder<RevenueForecastRow> builder)
    {
        builder.ToTable("crm_revenue_forecasts");
        builder.HasKey(row => new { row.TenantId, row.AsOf, row.ForecastMonth, row.Currency });
        builder.Property(row => row.Committed).Money().Default("0");
        builder.Property(row => row.Upside).Money().Default("0");
        builder.Property(row => row.Pipeline).Money().Default("0");
        builder.Property(row => row.WeightedTotal).Money().Default("0");
        builder.Property(row => row.Won).Money().Default("0");
        builder.Property(row => row.DealCount).Default("0");
        builder.Property(row => row.TakenAt).Made("now()");
    }
}
