using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A rule of a tenant: when, if, then, as one document.</summary>
internal sealed class AutomationRuleRow
{
    public Guid TenantId { get; set; }
    public Guid Id { get; set; }
    public string Name { get; set; } = "";
    public int Position { get; set; }
    public bool Enabled { get; set; } = true;
    public string Document { get; set; } = "{}";
    public int Version { get; set; } = 1;
    public string? DisabledReason { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class AutomationRuleRowConfiguration : IEntityTypeConfiguration<AutomationRuleRow>
{
    public void Configure(EntityTypeBuilder<AutomationRuleRow> builder)
    {
        builder.ToTable("crm_automation_rules");
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Id).Made("gen_random_uuid()");
        builder.Property(row => row.Position).Default("0");
        builder.Property(row => row.Enabled).Default("true");
        builder.Property(row => row.Document).Json();
        builder.Property(row => row.Version).Default("1");
        builder.Property(row => row.CreatedAt).Made("now()");
        builder.Property(row => row.UpdatedAt).Made("now()");
    }
}
