using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Ports;

/// <summary>
/// A tenant's account on a platform that takes writes; the same object is its <see cref="ICrmAccount"/>. A batch has a result for each of its
/// items, in their order: one that is refused does not stop the others. A <see cref="CrmCallException"/> is about the whole call, and where no
/// answer came the platform may have done all, some or none of it: the caller reads before it tries again.
/// </summary>
public interface ICrmWriter
{
    /// <summary>The most items of a batch: one call of the platform, so that a lost answer leaves no more than these in doubt.</summary>
    int WriteLimit { get; }

    /// <summary>What pushes of this kind cost; the default: they are read in a call a batch, and written in another.</summary>
    PushPrice PriceOf(PushKind push, RecordKind kind) => new(WriteLimit, CallsABatch: 2);

    /// <summary>
    /// Live records that we created for one of these (they carry its <c>forge_sync_id</c>), then those with one of the match keys. What was
    /// created a moment ago is found: an index that is behind is not asked, or not alone.
    /// </summary>
    Task<IReadOnlyList<RemoteSnapshot>> FindAsync(RemoteKind kind, IReadOnlyCollection<SoughtRecord> sought, CancellationToken ct);

    /// <summary>Writes these properties and no others; null clears one.</summary>
    Task<IReadOnlyList<WriteAnswer>> WriteAsync(RemoteKind kind, IReadOnlyList<RecordUpdate> updates, CancellationToken ct);

    /// <summary>Creates records that carry our ids, so that they are found again where the answer is lost.</summary>
    Task<IReadOnlyList<WriteAnswer>> CreateAsync(RemoteKind kind, IReadOnlyList<RecordCreation> creations, CancellationToken ct);

    /// <summary>Moves records to the recycle bin. One that is there already, or nowhere, is <see cref="WriteState.Absent"/>.</summary>
    Task<IReadOnlyList<WriteAnswer>> DeleteAsync(RemoteKind kind, IReadOnlyList<string> ids, CancellationToken ct);

    /// <summary>
    /// Deletes for privacy: for good, where the platform has a way of its own for that kind, and as people do where it has none. One that is nowhere is
    /// <see cref="WriteState.Absent"/>, or done.
    /// </summary>
    Task<IReadOnlyList<WriteAnswer>> EraseAsync(RemoteKind kind, IReadOnlyList<string> ids, CancellationToken ct) => DeleteAsync(kind, ids, ct);

    /// <summary>Merges one record into another. The answer shows what survives, which may have an id of its own.</summary>
    Task<WriteAnswer> MergeAsync(RemoteKind kind, string survivor, string loser, CancellationToken ct);

    /// <summary>
    /// Adds and removes associations, in the direction in which the hub keeps them (<see cref="AssociationKinds"/>). One that is as wanted already is done,
    /// without a trace. A platform that has room for one alone (a Pipedrive deal has one person) refuses a second, but for a primary one, which takes
    /// the other's place. The answers show no records.
    /// </summary>
    Task<IReadOnlyList<WriteAnswer>> LinkAsync(RemoteKind from, IReadOnlyList<LinkChange> changes, CancellationToken ct);
}

/// <param name="SyncId">The hub record's id.</param>
/// <param name="Keys">Its match keys, e.g. <c>email:ann@example.com</c>, strongest first.</param>
public sealed record SoughtRecord(Guid SyncId, ImmutableArray<string> Keys)
{
    /// <summary>
    /// The last creation that was sent for it and not answered; null where none was, so that only its keys can find it. A platform whose records of the kind
    /// cannot carry our id finds what is like it.
    /// </summary>
    public SentCreation? Sent { get; init; }

    /// <summary>
    /// Whether one with its keys may have been there for long. False where the platform's records were all compared with the hub's before (a first load, a
    /// sweep): then only the newest are worth a look, and no search, of which platforms allow few.
    /// </summary>
    public bool MayBeOld { get; init; } = true;
}

/// <param name="At">By our clock.</param>
public sealed record SentCreation(DateTimeOffset At, IReadOnlyDictionary<string, string?> Properties);

public sealed record RecordUpdate(string Id, IReadOnlyDictionary<string, string?> Properties)
{
    /// <summary>
    /// The record's "last modified" as it was last looked at. A platform that can write on the condition that it is still that one does, and
    /// answers <see cref="WriteState.Moved"/> where it is not. Null where it is not known.
    /// </summary>
    public DateTimeOffset? Seen { get; init; }
}

/// <param name="SyncId">The hub record's id, for the platform's <c>forge_sync_id</c>; not among the properties.</param>
public sealed record RecordCreation(Guid SyncId, IReadOnlyDictionary<string, string?> Properties)
{
    /// <summary>
    /// Associations that it is to have from the start: some records cannot be without (a Pipedrive note has a parent), and each spares a call. The
    /// answer's record shows those that it has; the others are added by <see cref="ICrmWriter.LinkAsync"/>.
    /// </summary>
    public ImmutableArray<CreationLink> Links { get; init; } = [];
}

/// <param name="IsPrimary">The main one of its kind, where the platform knows such.</param>
public readonly record struct CreationLink(RemoteKind ToKind, string ToId, bool IsPrimary);

/// <param name="IsAdded">Else removed, whatever it was called there.</param>
/// <param name="IsPrimary">The main one of its kind, where the platform knows such; a former one is so no longer.</param>
public sealed record LinkChange(string FromId, RemoteKind ToKind, string ToId, bool IsAdded, bool IsPrimary = false);

public enum WriteState
{
    Done,

    /// <summary>The platform will never take it as it is: a rule, a format, a second record of that key.</summary>
    Refused,

    /// <summary>There is no such record, or none any more.</summary>
    Absent,

    /// <summary>Not written: somebody changed the record after it was looked at. The caller looks again.</summary>
    Moved,
}

/// <summary>What became of one item of a batch.</summary>
/// <param name="Record">
/// The whole record as the platform shows it after the write, not the written properties alone: what is missing would pass for cleared. Null
/// for a deletion and an association.
/// </param>
/// <param name="Reason">Why it was refused, for a person; holds no personal data.</param>
public sealed record WriteAnswer(WriteState State, RemoteSnapshot? Record = null, string? Reason = null)
{
    public static readonly WriteAnswer Deleted = new(WriteState.Done);
    public static readonly WriteAnswer Linked = new(WriteState.Done);
    public static readonly WriteAnswer Absent = new(WriteState.Absent);
    public static readonly WriteAnswer Moved = new(WriteState.Moved);

    public static WriteAnswer Done(RemoteSnapshot record) => new(WriteState.Done, record);

    public static WriteAnswer Refused(string reason) => new(WriteState.Refused, Reason: reason);
}
