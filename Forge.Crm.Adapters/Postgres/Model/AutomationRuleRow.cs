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

    /// <summary>Goes up when the document changes; kept by a trigger.</summary>
    public int Version { get; set; } = 1;

    /// <summary>The version that was found to be a rule; one that was not checked yet does nothing.</summary>
    public int? CheckedVersion { get; set; }

    /// <summary>What of the history it is looked at for, e.g. <c>deal:set:stage_id</c>.</summary>
    public string[] Listens { get; set; } = [];

    /// <summary>Of a rule that came with the product: which.</summary>
    public string? Preset { get; set; }

    /// <summary>Why it was switched off by itself.</summary>
    public string? DisabledReason { get; set; }

    /// <summary>What keeps it from doing anything, though it is on: a stage that nobody has.</summary>
    public string? Warning { get; set; }

    /// <summary>Runs that failed in a row.</summary>
    public int Failures { get; set; }
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
        builder.Property(row => row.Listens).Default("'{}'");
        builder.Property(row => row.Failures).Default("0");
        builder.Property(row => row.CreatedAt).Made("now()");
        builder.Property(row => row.UpdatedAt).Made("now()");
        builder.Index("ix_crm_automation_rules_preset", row => new { row.TenantId, row.Preset }).IsUnique().HasFilter("preset is not null");
        builder.Index("ix_crm_automation_rules_unchecked", row => row.TenantId).HasFilter("checked_version is distinct from version");
    }
}
