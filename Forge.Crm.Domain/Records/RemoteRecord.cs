using System.Collections.Immutable;

namespace Forge.Crm.Domain.Records;

/// <summary>A field as a platform showed it; the default value means "the platform does not carry this field".</summary>
/// <param name="Stamp">By the platform's own clock, right or wrong.</param>
public readonly record struct RemoteField(string? Value, Stamp Stamp)
{
    public bool IsKnown => !Stamp.IsNone;
}

/// <summary>The state of one record of a platform, mapped to the hub's fields: what one read returned.</summary>
/// <param name="Fields">In the order of the kind's <see cref="RecordShape"/>.</param>
/// <param name="Version">The platform's "last modified" of the record.</param>
/// <param name="ReadAt">When the request started: of two reads of one version, the later request knows more.</param>
/// <param name="MergedIds">Ids that the platform says were merged into this record.</param>
/// <param name="Keys">Match keys, e.g. <c>email:ann@example.com</c>, strongest first.</param>
/// <param name="ArchivedAt">Set where the platform lists the record as deleted.</param>
public sealed record RemoteRecord(
    RemoteRef Ref,
    ImmutableArray<RemoteField> Fields,
    DateTimeOffset Version,
    DateTimeOffset ReadAt,
    ImmutableArray<string> MergedIds,
    ImmutableArray<string> Keys,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ArchivedAt = null)
{
    /// <summary>The hub record that we created it for, as its <c>forge_sync_id</c> says.</summary>
    public Guid? SyncId { get; init; }

    /// <summary>The platform cannot keep our id on records of its kind.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>Nothing on it says whether it is one that we are creating.</summary>
    public bool IsUntraceable => IsAnonymous && SyncId is null && Keys.IsDefaultOrEmpty;

    /// <summary>How exactly the platform dates the record: what happened within that time of its <see cref="Version"/> bears the same one.</summary>
    public TimeSpan Tick { get; init; }

    /// <summary>Some of what the answer to a write shows is newer than its version, and not of our doing.</summary>
    public bool IsAhead { get; init; }
}
