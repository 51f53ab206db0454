using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>How far a report of a tenant has been taken: what is after it is due.</summary>
internal sealed class ReportRunRow
{
    public Guid TenantId { get; set; }
    public string Report { get; set; } = "";

    /// <summary>The last day, or the Monday of the last week, whose rows are final.</summary>
    public DateOnly TakenThrough { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class ReportRunRowConfiguration : IEntityTypeConfiguration<ReportRunRow>
{
    public void Configure(EntityTypeBuilder<ReportRunRow> builder)
    {
        builder.ToTable("crm_report_runs", table => table.OneOf("report", "pipeline", "activities", "forecast"));
        builder.HasKey(row => new { row.TenantId, row.Report });
        builder.Property(row => row.UpdatedAt).Made("now()");
    }
}
