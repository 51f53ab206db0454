using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Audit;

public enum CauseKind
{
    Event,
    Job,
    Rule,
    Person,
    Push,
    System,
    Edit,
}

/// <summary>Why something was written: the journaled event, the job, the rule or the person.</summary>
/// <param name="Id">The id within its kind, e.g. the journal id of an event.</param>
/// <param name="Actor">Who is behind it, as the source names them.</param>
public sealed record Cause(CauseKind Kind, string? Id, string? Actor = null)
{
    /// <summary>False for what a first load brings: it was so before, and no rule acts on it.</summary>
    public bool IsNews { get; init; } = true;
}

public enum HistoryAction
{
    Create,
    Set,

    /// <summary>A value that a platform showed and that lost against the hub's: it was never the hub's value.</summary>
    Lost,

    /// <summary>A value that a platform showed and that waits for a person beside the hub's own.</summary>
    Held,
    Delete,
    Restore,
    Merge,
    Associate,
    Dissociate,
}

/// <summary>One row of <c>crm_audit_log</c>: enough to rebuild a record as of any instant, and to undo.</summary>
/// <param name="Field">Null for what concerns the whole record.</param>
/// <param name="ChangedAt">When the source says it happened; the row's own time says when we wrote it.</param>
public sealed record HistoryEntry(
    RecordKind Kind,
    Guid RecordId,
    HistoryAction Action,
    string? Field,
    string? OldValue,
    string? NewValue,
    Platform Source,
    DateTimeOffset ChangedAt,
    Cause Cause);
