using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>Open deals that belong to none of a forecast's months, a row a currency: how many, and of what value.</summary>
internal sealed class RevenueForecastGapRow
{
    public Guid TenantId { get; set; }
    public DateOnly AsOf { get; set; }
    public string Currency { get; set; } = "";
    public int WithoutCloseDate { get; set; }
    public decimal ValueWithoutCloseDate { get; set; }

    /// <summary>Were to close in a month that is over.</summary>
    public int Overdue { get; set; }

    public decimal OverdueValue { get; set; }

    /// <summary>Close after the last month of the forecast.</summary>
    public int Later { get; set; }

    public decimal LaterValue { get; set; }
}

internal sealed class RevenueForecastGapRowConfiguration : IEntityTypeConfiguration<RevenueForecastGapRow>
{
    public void Configure(EntityTypeBuilder<RevenueForecastGapRow> builder)
    {
        builder.ToTable("crm_revenue_forecast_gaps");
        builder.HasKey(row => new { row.TenantId, row.AsOf, row.Currency });
        builder.Property(row => row.ValueWithoutCloseDate).SumOfMoney();
        builder.Property(row => row.OverdueValue).SumOfMoney();
        builder.Property(row => row.LaterValue).SumOfMoney();
    }
}
