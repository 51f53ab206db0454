using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>One element of an authentic delivery, as it came: bytes, because what PostgreSQL's json refuses must be kept too.</summary>
internal sealed class WebhookEventRow
{
    public Guid TenantId { get; set; }
    public long Id { get; set; }
    public string Platform { get; set; } = "";
    public string EventKey { get; set; } = "";
    public byte[] Raw { get; set; } = [];
    public string? RemoteKind { get; set; }
    public string? ExternalId { get; set; }
    public string Change { get; set; } = "";
    public DateTimeOffset? OccurredAt { get; set; }
    public DateTimeOffset ReceivedAt { get; set; }
    public int Lane { get; set; }
    public string Status { get; set; } = "pending";
    public int Attempts { get; set; }
    public DateTimeOffset? NextAttemptAt { get; set; }
    public string? Reason { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
}

internal sealed class WebhookEventRowConfiguration : IEntityTypeConfiguration<WebhookEventRow>
{
    public void Configure(EntityTypeBuilder<WebhookEventRow> builder)
    {
        builder.ToTable("crm_webhook_events", table => table
            .OneOf("platform", [.. ColumnSets.Platforms, .. ColumnSets.Apps])
            .OneOf("remote_kind", ColumnSets.RemoteKinds)
            .OneOf("status", "pending", "applied", "unchanged", "ignored", "failed"));
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Id).UseIdentityAlwaysColumn();
        builder.Property(row => row.ReceivedAt).Made("clock_timestamp()");
        builder.Property(row => row.Lane).Default("0");
        builder.Property(row => row.Status).Default("'pending'");
        builder.Property(row => row.Attempts).Default("0");
        Indexes(builder);
    }

    private static void Indexes(EntityTypeBuilder<WebhookEventRow> builder)
    {
        builder.Index("ix_crm_webhook_events_key", row => new { row.TenantId, row.EventKey }).IsUnique();
        builder.Index("ix_crm_webhook_events_lane", row => new { row.TenantId, row.Platform, row.Lane, row.Id }).HasFilter("status = 'pending'");
        builder.Index("ix_crm_webhook_events_waiting", row => row.ReceivedAt).HasFilter("status = 'pending'");
        builder.Index("ix_crm_webhook_events_failed", row => new { row.TenantId, row.Id }).HasFilter("status = 'failed'");
        // The journal grows in the order of this column, so a few kilobytes find the old end of it.
        builder.Index("ix_crm_webhook_events_age", row => row.ReceivedAt).HasMethod("brin")
            .HasStorageParameter("autosummarize", true);
    }
}
