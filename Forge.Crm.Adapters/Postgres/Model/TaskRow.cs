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

internal sealed class TaskRowConfiguration() : RecordRowConfiguration<TaskRow>("crm_tasks");
