using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>What one rule did of one event, once: its key is what keeps an action from happening twice. Names of actions and ids, no values.</summary>
internal sealed class RuleRunRow
{
    public Guid TenantId { get; set; }
    public Guid RuleId { get; set; }
    public long EventId { get; set; }
    public int RuleVersion { get; set; }
    public Guid? RecordId { get; set; }
    public string Status { get; set; } = "";
    public string Actions { get; set; } = "[]";
    public string[] Notes { get; set; } = [];
    public string? Reason { get; set; }

    /// <summary>Records that it found, made or changed.</summary>
    public Guid[] Records { get; set; } = [];

    public DateTimeOffset At { get; set; }
}

internal sealed class RuleRunRowConfiguration : IEntityTypeConfiguration<RuleRunRow>
{
    public void Configure(EntityTypeBuilder<RuleRunRow> builder)
    {
        builder.ToTable("crm_rule_runs", table => table.OneOf("status", "done", "failed", "stopped"));
        builder.HasKey(row => new { row.TenantId, row.RuleId, row.EventId });
        builder.Property(row => row.Actions).HasColumnType("jsonb").Default("'[]'::jsonb");
        builder.Property(row => row.Notes).Default("'{}'");
        builder.Property(row => row.Records).Default("'{}'");
        builder.Property(row => row.At).Made("clock_timestamp()");
        builder.Index("ix_crm_rule_runs_record", row => new { row.TenantId, row.RuleId, row.RecordId, row.At });
    }
}
