using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A chain of sync steps. A step commits its cursor and counts only where <c>Step</c> is still its own number.</summary>
internal sealed class SyncJobRow
{
    public Guid TenantId { get; set; }
    public Guid Id { get; set; }
    public string Platform { get; set; } = "";
    public string Mode { get; set; } = "";
    public string[] Kinds { get; set; } = [];
    public string State { get; set; } = "";
    public long Step { get; set; }
    public string Cursor { get; set; } = "{}";
    public string Counts { get; set; } = "{}";

    /// <summary>How many records the platform says there are; null when it does not say.</summary>
    public long? Total { get; set; }

    /// <summary>Calls of the platform that its committed steps took.</summary>
    public long Calls { get; set; }

    /// <summary>What it plans goes to <c>crm_sync_plans</c> instead of into the hub.</summary>
    public bool IsDryRun { get; set; }

    public string RequestedBy { get; set; } = "";
    public string? Error { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
}

internal sealed class SyncJobRowConfiguration : IEntityTypeConfiguration<SyncJobRow>
{
    public void Configure(EntityTypeBuilder<SyncJobRow> builder)
    {
        builder.ToTable("crm_sync_jobs", table => table
            .OneOf("platform", ColumnSets.Platforms)
            .OneOf("mode", "initial", "incremental", "sweep", "manual", "match")
            .AllOf("kinds", ColumnSets.Kinds)
            .OneOf("state", "queued", "running", "paused", "done", "failed", "cancelled"));
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Id).Made("gen_random_uuid()");
        builder.Property(row => row.Step).Default("0");
        builder.Property(row => row.Cursor).Json();
        builder.Property(row => row.Counts).Json();
        builder.Property(row => row.Calls).Default("0");
        builder.Property(row => row.IsDryRun).Default("false");
        builder.Property(row => row.CreatedAt).Made("now()");
        builder.Property(row => row.UpdatedAt).Made("now()");
        builder.HasOne<SyncConfigRow>().WithMany().HasForeignKey(row => new { row.TenantId, row.Platform }).OnDelete(DeleteBehavior.Restrict);
        // One unfinished job a tenant and platform, and one dry run beside it: the second one is refused here, whatever started it.
        builder.Index("ix_crm_sync_jobs_unfinished", row => new { row.TenantId, row.Platform, row.IsDryRun }).IsUnique()
            .HasFilter("state in ('queued', 'running', 'paused')");
    }
}
