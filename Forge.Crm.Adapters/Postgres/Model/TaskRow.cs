using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>Something that someone is to do.</summary>
internal sealed class TaskRow : RecordRow
{
    public string? Subject { get; set; }
    public string? Body { get; set; }
    public string? Status { get; set; }
    public string? Priority { get; set; }
    public string? Type { get; set; }
    public DateTimeOffset? DueAt { get; set; }
    public DateTimeOffset? CompletedAt { get; set; }
    public Guid? OwnerId { get; set; }
}

internal sealed class TaskRowConfiguration() : RecordRowConfiguration<TaskRow>("crm_tasks")
{
    protected override void Fields(EntityTypeBuilder<TaskRow> builder) =>
        builder.Index("ix_crm_tasks_completed", row => new { row.TenantId, row.CompletedAt }).HasFilter("completed_at is not null");
}
