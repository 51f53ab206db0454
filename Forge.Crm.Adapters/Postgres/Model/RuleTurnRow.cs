using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>How often a rule has assigned by turns.</summary>
internal sealed class RuleTurnRow
{
    public Guid TenantId { get; set; }
    public Guid RuleId { get; set; }
    public long Turn { get; set; }
}

internal sealed class RuleTurnRowConfiguration : IEntityTypeConfiguration<RuleTurnRow>
{
    public void Configure(EntityTypeBuilder<RuleTurnRow> builder)
    {
        builder.ToTable("crm_rule_turns");
        builder.HasKey(row => new { row.TenantId, row.RuleId });
    }
}
