using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>The newest forecast of one month, a row a currency. Earlier ones are in <c>crm_revenue_forecast_history</c>.</summary>
internal sealed class RevenueForecastRow
{
    public Guid TenantId { get; set; }

    /// <summary>Its first day.</summary>
    public DateOnly ForecastMonth { get; set; }

    public string Currency { get; set; } = "";

    /// <summary>The tenant's day at whose beginning it was made.</summary>
    public DateOnly AsOf { get; set; }

    /// <summary>Open deals that close in the month, by their probability: each in one of these three.</summary>
    public decimal Committed { get; set; }

    public decimal Upside { get; set; }
    public decimal Pipeline { get; set; }

    /// <summary>The open deals' amounts times their probabilities.</summary>
    public decimal WeightedTotal { get; set; }

    /// <summary>What is won of the month already, apart from all others.</summary>
    public decimal Won { get; set; }

    /// <summary>Open ones.</summary>
    public int DealCount { get; set; }

    /// <summary>Among them, at a value of nothing.</summary>
    public int DealsWithoutAmount { get; set; }

    public DateTimeOffset TakenAt { get; set; }
}

internal sealed class RevenueForecastRowConfiguration : IEntityTypeConfiguration<RevenueForecastRow>
{
    public void Configure(EntityTypeBuilder<RevenueForecastRow> builder)
    {
        builder.ToTable("crm_revenue_forecasts");
        builder.HasKey(row => new { row.TenantId, row.ForecastMonth, row.Currency });
        builder.Property(row => row.Committed).SumOfMoney().Default("0");
        builder.Property(row => row.Upside).SumOfMoney().Default("0");
        builder.Property(row => row.Pipeline).SumOfMoney().Default("0");
        builder.Property(row => row.WeightedTotal).SumOfMoney().Default("0");
        builder.Property(row => row.Won).SumOfMoney().Default("0");
        builder.Property(row => row.DealCount).Default("0");
        builder.Property(row => row.DealsWithoutAmount).Default("0");
        builder.Property(row => row.TakenAt).Made("now()");
    }
}
