using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>What would be done to a record.</summary>
public enum PlannedAction
{
    Create,

    /// <summary>Fields or associations change.</summary>
    Update,
    Delete,
    Merge,
    Restore,

    /// <summary>The platform's record is joined to one that the hub has.</summary>
    Link,

    /// <summary>The platform's record is gone, and the hub keeps its own.</summary>
    Unlink,

    /// <summary>A value of the platform loses against the hub's, or waits for a person beside it.</summary>
    Conflict,

    /// <summary>A push that was queued is due no more.</summary>
    Level,
}

/// <summary>A field, or the kind of an association, with what it is and what it would be; null is "nothing". Canonical texts.</summary>
public sealed record FieldDifference(string Field, string? Before, string? After);

/// <summary>One change that a dry run found: to a record of the hub (<see cref="Platform.Supabase"/>), or of a platform that would be pushed to.</summary>
/// <param name="RecordId">The hub's.</param>
/// <param name="Remote">What it is on the platform that was read, or on the one that would be pushed to; null where it is not there yet.</param>
public sealed record PlannedChange(
    Platform Platform, RecordKind Kind, Guid RecordId, PlannedAction Action, RemoteRef? Remote, ImmutableArray<FieldDifference> Fields);
