using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>What was expected of one month as of one day, a row a currency, and what it came to.</summary>
internal sealed class RevenueForecastHistoryRow
{
    public Guid TenantId { get; set; }
    public DateOnly AsOf { get; set; }
    public DateOnly ForecastMonth { get; set; }
    public string Currency { get; set; } = "";
    public decimal Committed { get; set; }
    public decimal Upside { get; set; }
    public decimal Pipeline { get; set; }
    public decimal WeightedTotal { get; set; }

    /// <summary>Won of the month by then.</summary>
    public decimal Won { get; set; }

    public int DealCount { get; set; }
    public int DealsWithoutAmount { get; set; }

    /// <summary>Won of the month when it was over; null before.</summary>
    public decimal? WonTotal { get; set; }

    /// <summary>
    /// The smaller of two over the greater: what was expected (<see cref="Won"/> and <see cref="WeightedTotal"/>), and what was won. 1 is exact; null
    /// where the month is not over, or one of them is negative, or both are nothing.
    /// </summary>
    public decimal? Accuracy { get; set; }

    public DateTimeOffset TakenAt { get; set; }
}

internal sealed class RevenueForecastHistoryRowConfiguration : IEntityTypeConfiguration<RevenueForecastHistoryRow>
{
    private const string AccuracySql = """
        case when least(won + weighted_total, won_total) >= 0 and greatest(won + weighted_total, won_total) > 0 and won_total is not null
             then round(least(won + weighted_total, won_total) / greatest(won + weighted_total, won_total), 4) end
        """;

    public void Configure(EntityTypeBuilder<RevenueForecastHistoryRow> builder)
    {
        builder.ToTable("crm_revenue_forecast_history");
        builder.HasKey(row => new { row.TenantId, row.AsOf, row.ForecastMonth, row.Currency });
        builder.Property(row => row.Committed).SumOfMoney();
        builder.Property(row => row.Upside).SumOfMoney();
        builder.Property(row => row.Pipeline).SumOfMoney();
        builder.Property(row => row.WeightedTotal).SumOfMoney();
        builder.Property(row => row.Won).SumOfMoney();
        builder.Property(row => row.DealsWithoutAmount).Default("0");
        builder.Property(row => row.WonTotal).SumOfMoney();
        builder.Property(row => row.Accuracy).HasColumnType("numeric(5,4)").HasComputedColumnSql(AccuracySql, stored: true);
        builder.Property(row => row.TakenAt).Made("now()");
    }
}
