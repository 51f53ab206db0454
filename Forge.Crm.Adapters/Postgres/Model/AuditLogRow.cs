using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>One change, whoever made it. Append-only: a trigger refuses everything else, save what the erasure function redacts.</summary>
internal sealed class AuditLogRow
{
    public Guid TenantId { get; set; }
    public long Id { get; set; }
    public string Kind { get; set; } = "";
    public Guid? RecordId { get; set; }
    public string? Field { get; set; }
    public string Action { get; set; } = "";
    public string? OldValue { get; set; }
    public string? NewValue { get; set; }
    public string Source { get; set; } = "";

    /// <summary>When the source says that it changed.</summary>
    public DateTimeOffset ChangedAt { get; set; }

    public string Cause { get; set; } = "";
    public string? CauseId { get; set; }
    public string? Actor { get; set; }

    /// <summary>When this row was written.</summary>
    public DateTimeOffset At { get; set; }
}

internal sealed class AuditLogRowConfiguration : IEntityTypeConfiguration<AuditLogRow>
{
    private static readonly string[] Actions =
        ["create", "set", "lost", "held", "delete", "restore", "merge", "unmerge", "associate", "dissociate", "erase", "configure"];

    public void Configure(EntityTypeBuilder<AuditLogRow> builder)
    {
        builder.ToTable("crm_audit_log", table => table
            .OneOf("action", Actions)
            .OneOf("cause", "event", "job", "rule", "person", "push", "system", "edit"));
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Id).UseIdentityAlwaysColumn();
        builder.Property(row => row.At).Made("clock_timestamp()");
        builder.Index("ix_crm_audit_log_record", row => new { row.TenantId, row.RecordId, row.Id });
        builder.Index("ix_crm_audit_log_since", row => new { row.TenantId, row.Kind, row.At })
            .HasFilter("kind in ('deal', 'activity', 'task', 'stage', 'owner', 'tenant')");
        builder.Index("ix_crm_audit_log_stage", row => new { row.TenantId, row.RecordId, row.At }).IncludeProperties(row => row.ChangedAt)
            .HasFilter("kind = 'deal' and (action = 'create' or (action = 'set' and field = 'stage_id'))");
    }
}
