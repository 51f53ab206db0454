using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>Something that happened with a customer: a call, an e-mail, a meeting, a note.</summary>
internal sealed class ActivityRow : RecordRow
{
    public string? Type { get; set; }
    public string? Subject { get; set; }
    public string? Body { get; set; }
    public string? Direction { get; set; }
    public string? Outcome { get; set; }
    public string? Location { get; set; }
    public DateTimeOffset? OccurredAt { get; set; }
    public DateTimeOffset? EndsAt { get; set; }
    public long? DurationSeconds { get; set; }

    /// <summary>Who wrote an e-mail.</summary>
    public string? FromEmail { get; set; }

    public string? FromName { get; set; }
    public Guid? OwnerId { get; set; }
}

internal sealed class ActivityRowConfiguration() : RecordRowConfiguration<ActivityRow>("crm_activities")
{
    protected override void Fields(EntityTypeBuilder<ActivityRow> builder)
    {
        builder.Index("ix_crm_activities_occurred", row => new { row.TenantId, row.OccurredAt });
        // Whoever erases a person must also find the e-mails that they wrote.
        builder.Index("ix_crm_activities_sender", row => new { row.TenantId, row.FromEmail }).HasFilter("from_email is not null");
    }

    protected override void Checks(TableBuilder<ActivityRow> table) => table.OneOf("type", "call", "email", "meeting", "note");
}
