using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>"Look at this record for that platform." What to push is decided when it is looked at.</summary>
internal sealed class OutboxRow
{
    public Guid TenantId { get; set; }
    public string Platform { get; set; } = "";
    public string Kind { get; set; } = "";
    public Guid RecordId { get; set; }
    public int Lane { get; set; }
    public string Cause { get; set; } = "";
    public string? CauseId { get; set; }

    /// <summary>Of a first load or a reconciliation: what people do goes before it.</summary>
    public bool IsBulk { get; set; }
    public DateTimeOffset QueuedAt { get; set; }

    /// <summary>When the record last changed; it is pushed once it has been left alone for a moment.</summary>
    public DateTimeOffset TouchedAt { get; set; }

    /// <summary>Goes up when the record changes again; a pusher removes the row only at the version that it read.</summary>
    public long Version { get; set; } = 1;

    public int Attempts { get; set; }
    public DateTimeOffset? NextAttemptAt { get; set; }
    public string Status { get; set; } = "pending";
    public string? Reason { get; set; }

    /// <summary>When a person let a held deletion pass.</summary>
    public DateTimeOffset? ApprovedAt { get; set; }
}

internal sealed class OutboxRowConfiguration : IEntityTypeConfiguration<OutboxRow>
{
    public void Configure(EntityTypeBuilder<OutboxRow> builder)
    {
        builder.ToTable("crm_outbox", table => table
            .OneOf("platform", ColumnSets.Platforms)
            .OneOf("kind", ColumnSets.Kinds)
            .OneOf("status", "pending", "failed", "held"));
        builder.HasKey(row => new { row.TenantId, row.Platform, row.Kind, row.RecordId });
        builder.Property(row => row.Lane).Default("0");
        builder.Property(row => row.IsBulk).HasComputedColumnSql("cause = 'job'", stored: true);
        builder.Property(row => row.QueuedAt).Made("clock_timestamp()");
        builder.Property(row => row.TouchedAt).Made("clock_timestamp()");
        builder.Property(row => row.Version).Default("1");
        builder.Property(row => row.Attempts).Default("0");
        builder.Property(row => row.Status).Default("'pending'");
        builder.Index("ix_crm_outbox_lane", row => new { row.TenantId, row.Platform, row.Lane, row.IsBulk, row.QueuedAt }).HasFilter("status = 'pending'");
        builder.Index("ix_crm_outbox_failed", row => new { row.TenantId, row.Platform, row.Kind, row.RecordId }).HasFilter("status = 'failed'");
        builder.Index("ix_crm_outbox_held", row => new { row.TenantId, row.Platform, row.Kind, row.RecordId }).HasFilter("status = 'held'");
    }
}
