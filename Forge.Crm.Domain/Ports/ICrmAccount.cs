using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Ports;

/// <summary>
/// A tenant's account on a platform. Every call waits for its share of the account's budget, is retried where that can help, and throws
/// <see cref="CrmCallException"/> in the end.
/// </summary>
public interface ICrmAccount
{
    /// <summary>Whether <see cref="ReadAsync"/> can return property history.</summary>
    bool KeepsHistory { get; }

    /// <summary>Whether <see cref="ChangedSinceAsync"/> tells how many there are.</summary>
    bool TellsTotals => true;

    /// <summary>The most ids that one call of <see cref="ReadAsync"/> takes; more are split into several calls.</summary>
    int ReadLimit { get; }

    Task<RemoteAccount> DescribeAsync(CancellationToken ct);

    /// <summary>Reads records by id in as few calls as there can be. An id that is not there is left out: that is no deletion.</summary>
    Task<IReadOnlyList<RemoteSnapshot>> ReadAsync(
        RemoteKind kind, IReadOnlyCollection<string> ids, bool withHistory, CancellationToken ct);

    /// <summary>Reads all associations of these records to one kind; a record without any is in the answer, with none.</summary>
    Task<IReadOnlyList<RemoteAssociations>> ReadAssociationsAsync(
        RemoteKind from, IReadOnlyCollection<string> ids, RemoteKind to, CancellationToken ct);

    /// <summary>A page of all live records, with their associations; or of the archived ones, without.</summary>
    /// <param name="after">From the page before; null for the first.</param>
    Task<RemotePage> ListAsync(RemoteKind kind, string? after, bool archived, CancellationToken ct);

    /// <summary>
    /// A page of the ids of records that changed at or after an instant, oldest change first. Follows the window's position, so no cap on
    /// the platform's search results loses a record.
    /// </summary>
    Task<ChangedPage> ChangedSinceAsync(RemoteKind kind, ChangedWindow window, CancellationToken ct);

    Task<IReadOnlyList<RemoteOwner>> ReadOwnersAsync(CancellationToken ct);

    Task<IReadOnlyList<RemoteStage>> ReadStagesAsync(CancellationToken ct);
}

/// <param name="Id">The platform's id of the account: webhooks name it.</param>
/// <param name="TimeZone">IANA name; null where the platform does not say.</param>
public sealed record RemoteAccount(string Id, string? TimeZone, string? Currency);

/// <summary>A record as the platform's API returned it, before mapping.</summary>
/// <param name="ReadAt">When the request started.</param>
/// <param name="History">Per property, the newest version first; null where it was not asked for.</param>
public sealed record RemoteSnapshot(
    RemoteRef Ref,
    IReadOnlyDictionary<string, string?> Properties,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? ArchivedAt,
    DateTimeOffset ReadAt,
    ImmutableArray<string> MergedIds,
    ImmutableArray<RemoteAssociations> Associations,
    IReadOnlyDictionary<string, ImmutableArray<PropertyVersion>>? History = null)
{
    /// <summary>How coarse the record's own times are: one of 12:00:05 with a tick of a second says "before 12:00:06".</summary>
    public TimeSpan Tick { get; init; } = TimeSpan.FromMicroseconds(1);

    /// <summary>What our own property <c>forge_sync_id</c> on it says; null where it was not created by us.</summary>
    public Guid? SyncId { get; init; }

    /// <summary>The platform cannot keep our id on records of its kind.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>Hub records whose creation was sent and not answered, and which this is like: all that can be said where no id of ours is kept.</summary>
    public ImmutableArray<Guid> AlikeTo { get; init; } = [];

    /// <summary>The answer to a write, and some of what it shows beside what was written is newer than its version: somebody else changed the record before it was read whole.</summary>
    public bool IsAhead { get; init; }
}

public sealed record PropertyVersion(string? Value, DateTimeOffset At);

/// <param name="After">Null at the end.</param>
/// <param name="Total">How many there are in all, where the platform says so.</param>
public sealed record RemotePage(IReadOnlyList<RemoteSnapshot> Records, string? After, long? Total);

/// <summary>How far an incremental read has come: everything changed before <paramref name="Since"/>, and at it up to <paramref name="AfterId"/>.</summary>
public sealed record ChangedWindow(DateTimeOffset Since, string? AfterId = null, string? After = null);

/// <param name="Next">Null when everything up to now was returned.</param>
public sealed record ChangedPage(IReadOnlyList<ChangedId> Ids, ChangedWindow? Next, long? Total);

public sealed record ChangedId(string Id, DateTimeOffset UpdatedAt);

public sealed record RemoteOwner(string Id, string? Email, string? Name, bool IsActive);

/// <param name="Status"><c>open</c>, <c>won</c> or <c>lost</c>.</param>
public sealed record RemoteStage(
    string PipelineId, string Pipeline, string Id, string Label, int Position, decimal? Probability, string Status, bool IsArchived);
