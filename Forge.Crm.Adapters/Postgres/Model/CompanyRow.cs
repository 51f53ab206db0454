using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A company of the hub.</summary>
internal sealed class CompanyRow : RecordRow
{
    public string? Name { get; set; }
    public string? Domain { get; set; }
    public string? Phone { get; set; }
    public string? Website { get; set; }
    public string? Industry { get; set; }
    public long? EmployeeCount { get; set; }
    public decimal? AnnualRevenue { get; set; }
    public string? Street { get; set; }
    public string? City { get; set; }
    public string? State { get; set; }
    public string? PostalCode { get; set; }
    public string? Country { get; set; }
    public string? Description { get; set; }
    public string? LifecycleStage { get; set; }
    public Guid? OwnerId { get; set; }
}

internal sealed class CompanyRowConfiguration() : RecordRowConfiguration<CompanyRow>("crm_companies")
{
    protected override void Fields(EntityTypeBuilder<CompanyRow> builder) => builder.Property(row => row.AnnualRevenue).Money();
}
