using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A token bucket, shared by every instance: what a tenant may still ask of a platform, in any stretch of time or (refill 0) today.</summary>
internal sealed class RateBudgetRow
{
    public Guid TenantId { get; set; }
    public string Platform { get; set; } = "";
    public string Bucket { get; set; } = "";
    public double Tokens { get; set; }
    public double Capacity { get; set; }
    public double RefillPerSecond { get; set; }
    public DateTimeOffset? BlockedUntil { get; set; }

    /// <summary>When the day is over that the bucket is of; null for one of a stretch of time.</summary>
    public DateTimeOffset? ResetsAt { get; set; }

    /// <summary>Whose midnight ends that day; null where nobody told: UTC's.</summary>
    public string? Zone { get; set; }

    /// <summary>Up to when the refill is in the tokens. Not the row's last change, which every statement moves.</summary>
    public DateTimeOffset FilledAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class RateBudgetRowConfiguration : IEntityTypeConfiguration<RateBudgetRow>
{
    public void Configure(EntityTypeBuilder<RateBudgetRow> builder)
    {
        builder.ToTable("crm_rate_budgets", table => table.OneOf("platform", ColumnSets.Platforms));
        builder.HasKey(row => new { row.TenantId, row.Platform, row.Bucket });
        builder.Property(row => row.FilledAt).Made("clock_timestamp()");
        builder.Property(row => row.UpdatedAt).Made("now()");
    }
}
