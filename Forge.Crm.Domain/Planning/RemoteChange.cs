using System.Collections.Immutable;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>The newest deletion, restoration or erasure that events or an archive listing report of a record.</summary>
/// <param name="At">By the platform's own clock, right or wrong: it is compared with times of the same platform.</param>
/// <param name="HeardAt">By ours: a time that lies after it is not compared with other systems' as it stands.</param>
public sealed record Lifecycle(ChangeType Type, DateTimeOffset At, DateTimeOffset HeardAt)
{
    public Lifecycle(ChangeType type, DateTimeOffset at)
        : this(type, at, DateTimeOffset.MaxValue)
    {
    }

    /// <summary>The time that other systems' times are compared with.</summary>
    public DateTimeOffset HubAt => At < HeardAt ? At : HeardAt;
}

/// <summary>A value that an event carried. Whether the record still shows it is another question: it may have been overwritten since.</summary>
/// <param name="Field">The place in the kind's shape.</param>
/// <param name="HeardAt">By our clock.</param>
public readonly record struct ToldValue(int Field, string? Value, Stamp Stamp, DateTimeOffset HeardAt);

/// <summary>What a change says of our own writes to the record.</summary>
public enum OwnWrite
{
    /// <summary>One may be under way.</summary>
    Unknown,

    /// <summary>None is: what was sent and is not shown never arrived.</summary>
    Over,

    /// <summary>The record is the platform's answer to our write: its values are what the platform made of ours.</summary>
    Answer,
}

/// <summary>Everything that is known of one record of a platform at this moment: what a read returned, and what events said.</summary>
/// <param name="Record">Null where the read did not show it; that alone is no deletion.</param>
/// <param name="MergedIds">Ids that events say were merged into it (those that the record itself names are in <see cref="RemoteRecord.MergedIds"/>).</param>
/// <param name="Cause">Of what is written.</param>
/// <param name="CanAskHistory">The platform keeps property history, and it has not been read for this change yet.</param>
public sealed record RemoteChange(
    RemoteRef Ref,
    RemoteRecord? Record,
    Lifecycle? Lifecycle,
    ImmutableArray<string> MergedIds,
    ImmutableArray<RemoteAssociations> Associations,
    Cause Cause,
    bool CanAskHistory = false)
{
    /// <summary>Values that the events carried, for fields that the platform shows with another value by now.</summary>
    public ImmutableArray<ToldValue> Told { get; init; } = [];

    public OwnWrite OwnWrite { get; init; }

    /// <summary>When events say it took in others; null where none does.</summary>
    public DateTimeOffset? MergedAt { get; init; }

    /// <summary>When the first of its events reached us, by our clock; null where none did.</summary>
    public DateTimeOffset? HeardAt { get; init; }

    /// <summary>Some of its events are not read for again, whatever comes of it: what was told and no snapshot showed must leave a trace now.</summary>
    public bool IsLast { get; init; }

    /// <summary>Whether others were merged into it.</summary>
    public bool IsMerged => !MergedIds.IsEmpty || Record is { MergedIds.IsDefaultOrEmpty: false };

    /// <summary>The ids of those, by events and by the record itself.</summary>
    public IEnumerable<string> Losers => !IsMerged ? []
        : MergedIds.Concat(Record is { MergedIds.IsDefault: false } record ? record.MergedIds : []).Where(id => id != Ref.Id).Distinct();
}

public enum ChangeOutcome
{
    Unchanged,
    Created,
    Updated,
    Deleted,

    /// <summary>Erasure is due: the store does it, since it reaches history and journal.</summary>
    Erased,

    /// <summary>Read right and rightly not applied; the reason says why.</summary>
    Ignored,

    /// <summary>The snapshot is older than one that was applied before: what events say of the record has to be read again.</summary>
    Outdated,

    /// <summary>Not planned: read the record's property history, then plan it again.</summary>
    NeedsHistory,

    /// <summary>Refused by the mapping or the database; set aside with its reason, its neighbours applied.</summary>
    Failed,
}

/// <param name="RecordId">The hub record concerned; null where there is none.</param>
/// <param name="Reason">For a person; holds no personal data.</param>
public readonly record struct ChangeResult(ChangeOutcome Outcome, Guid? RecordId, string? Reason = null);

/// <summary>A row for the outbox: "look at this record for that platform".</summary>
public readonly record struct PushDue(Platform Platform, RecordKind Kind, Guid RecordId);

/// <summary>What a batch came to; the changed rows themselves are in the <see cref="WorkingSet"/>.</summary>
/// <param name="Results">One a change, in their order.</param>
public sealed record BatchPlan(
    ImmutableArray<ChangeResult> Results, ImmutableArray<HistoryEntry> History, ImmutableHashSet<PushDue> Pushes);
