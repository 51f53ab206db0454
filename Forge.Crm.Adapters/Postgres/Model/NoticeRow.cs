using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>What somebody outside is to be told, or was told lately: the outbox of mails and webhooks.</summary>
internal sealed class NoticeRow
{
    public Guid TenantId { get; set; }

    /// <summary>Later ones have higher ids.</summary>
    public Guid Id { get; set; }

    public string DedupeKey { get; set; } = "";

    public string Target { get; set; } = "";
    public Guid? OwnerId { get; set; }

    /// <summary>Of a mail to an address, or of a webhook.</summary>
    public string? Address { get; set; }

    /// <summary>A webhook's secret, by its name among the tenant's.</summary>
    public string? SecretName { get; set; }

    public string Subject { get; set; } = "";
    public string Body { get; set; } = "";

    /// <summary>A webhook's JSON, byte for byte.</summary>
    public string? Payload { get; set; }

    public string? Kind { get; set; }
    public Guid? RecordId { get; set; }

    public string Cause { get; set; } = "";
    public Guid? RuleId { get; set; }
    public string? EventId { get; set; }

    public string Status { get; set; } = "pending";

    /// <summary>It waited for its recipient's window: it goes with the others that did.</summary>
    public bool Gathered { get; set; }

    /// <summary>The mail that it is sent in, named by the first of that mail's notices; null until it was decided.</summary>
    public Guid? MailId { get; set; }

    public int Attempts { get; set; }

    /// <summary>Minus infinity: at once. A claim moves it, too: so long the notice is nobody else's.</summary>
    public DateTimeOffset DueAt { get; set; }

    public string? Reason { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? SentAt { get; set; }
}

internal sealed class NoticeRowConfiguration : IEntityTypeConfiguration<NoticeRow>
{
    public void Configure(EntityTypeBuilder<NoticeRow> builder)
    {
        builder.ToTable("crm_notices", table => table
            .OneOf("target", "owner", "address", "administrators", "webhook")
            .OneOf("kind", ColumnSets.Kinds)
            .OneOf("status", "pending", "sent", "failed"));
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Id).Made("gen_random_uuid()");
        builder.Property(row => row.Status).Default("'pending'");
        builder.Property(row => row.Gathered).Default("false");
        builder.Property(row => row.Attempts).Default("0");
        builder.Property(row => row.DueAt).Made("'-infinity'");
        builder.Property(row => row.CreatedAt).Made("clock_timestamp()");
        builder.Index("ix_crm_notices_key", row => new { row.TenantId, row.DedupeKey }).IsUnique();
        builder.Index("ix_crm_notices_due", row => new { row.TenantId, row.DueAt }).HasFilter("status = 'pending'");
        builder.Index("ix_crm_notices_failed", row => new { row.TenantId, row.Id }).HasFilter("status = 'failed'");
        builder.Index("ix_crm_notices_sent", row => new { row.TenantId, row.SentAt }).HasFilter("status = 'sent'");
        builder.Index("ix_crm_notices_record", row => new { row.TenantId, row.RecordId }).HasFilter("record_id is not null");
    }
}
