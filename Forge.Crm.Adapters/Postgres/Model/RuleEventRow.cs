using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>Something that rules are to look at. It names the rows of history (or the journal's) that say what; it holds no values itself.</summary>
internal sealed class RuleEventRow
{
    public Guid TenantId { get; set; }
    public long Id { get; set; }
    public string Type { get; set; } = "";
    public string? Kind { get; set; }
    public Guid? RecordId { get; set; }

    /// <summary>The rows of <c>crm_audit_log</c> that it is about.</summary>
    public long[] AuditIds { get; set; } = [];

    /// <summary>Of an app's event: its row of the journal.</summary>
    public long? JournalId { get; set; }

    /// <summary>Of a time that has come: the one rule that it is for.</summary>
    public Guid? RuleId { get; set; }

    /// <summary>An occasion that comes once: the rule, the record, and the values that make it another one.</summary>
    public string? Occasion { get; set; }

    /// <summary>How many rules' actions lead here.</summary>
    public int Depth { get; set; }

    public DateTimeOffset HappenedAt { get; set; }

    /// <summary>The transaction that wrote it: the engine looks for its own.</summary>
    public ulong WrittenBy { get; set; }

    public string Status { get; set; } = "pending";
    public int Attempts { get; set; }
    public DateTimeOffset? NextAttemptAt { get; set; }
    public string? Reason { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
}

internal sealed class RuleEventRowConfiguration : IEntityTypeConfiguration<RuleEventRow>
{
    public void Configure(EntityTypeBuilder<RuleEventRow> builder)
    {
        builder.ToTable("crm_rule_events", table => table
            .OneOf("type", "created", "changed", "deleted", "restored", "app", "time")
            .OneOf("kind", ColumnSets.Kinds)
            .OneOf("status", "pending", "done", "failed", "stopped"));
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Id).UseIdentityAlwaysColumn();
        builder.Property(row => row.AuditIds).Default("'{}'");
        builder.Property(row => row.Depth).Default("0");
        builder.Property(row => row.HappenedAt).Made("clock_timestamp()");
        builder.Property(row => row.WrittenBy).HasColumnType("xid8").Made("pg_current_xact_id()");
        builder.Property(row => row.Status).Default("'pending'");
        builder.Property(row => row.Attempts).Default("0");
        builder.Index("ix_crm_rule_events_pending", row => new { row.TenantId, row.Id }).HasFilter("status = 'pending'");
        builder.Index("ix_crm_rule_events_occasion", row => new { row.TenantId, row.Occasion }).IsUnique().HasFilter("occasion is not null");
    }
}
