using System.Collections.Immutable;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What the steps of a job read, one after the other, for each kind.</summary>
internal enum SyncPhase
{
    /// <summary>Once a job: the account, its owners and its stages.</summary>
    Account,

    /// <summary>All live records in the order of the platform's listing; a sweep compares them with the links here.</summary>
    List,

    /// <summary>What changed since the last time.</summary>
    Changed,

    /// <summary>What lies in the recycle bin: the only positive word of a deletion that no event reported.</summary>
    Archived,

    /// <summary>The records here, asked for by id: a sweep's way where the platform's listing has no order.</summary>
    Known,

    /// <summary>A sweep's other side: the hub's records that the platform lacks.</summary>
    OnlyHere,

    /// <summary>Records that a person named.</summary>
    Named,

    /// <summary>Once a match: what an earlier one found goes.</summary>
    Clear,

    /// <summary>A match: the hub's records that have no link to the platform.</summary>
    Here,

    /// <summary>A match: who belongs to whom.</summary>
    Judge,

    /// <summary>Once a first load after a match: what was approved becomes links, before anything is read.</summary>
    Plan,

    /// <summary>Once a first load after a match, at its end: what is only here and was approved goes into the outbox.</summary>
    Offer,

    /// <summary>Once a dry run, at its end: what waits in the outbox already and no page has looked at.</summary>
    Queued,
}

/// <summary>How far a job has come; committed with the page that got it there. Bounded: never grows with the account.</summary>
internal sealed record SyncCursor
{
    public static readonly SyncCursor Start = new();

    public SyncPhase Phase { get; init; }

    /// <summary>The kind being read; null before the first.</summary>
    public RemoteKind? Kind { get; init; }

    /// <summary>When the first page of the kind was asked for, by our clock: from here the next incremental read goes on.</summary>
    public DateTimeOffset? KindStartedAt { get; init; }

    /// <summary>The platform's own position in its listing, or the last id of <see cref="SyncPhase.Known"/>.</summary>
    public string? After { get; init; }

    public ChangedWindow? Window { get; init; }

    /// <summary>What the search may show once more.</summary>
    public ChangedEdge? Edge { get; init; }

    public SweepPosition? Sweep { get; init; }

    /// <summary>What is left of the ids that a person named.</summary>
    public ImmutableArray<string> Ids { get; init; } = [];

    /// <summary>A first load that follows an approved match plan.</summary>
    public bool IsPlanned { get; init; }

    /// <summary>How often in a row this step failed for a reason that passes.</summary>
    public int Attempts { get; init; }

    /// <summary>This step is not to be tried before.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>What it waits for is the platform's next day, which begins then; null where it is something else.</summary>
    public DateTimeOffset? DayEnds { get; init; }

    /// <summary>The first records that failed, with the reason; the counts say how many there are in all.</summary>
    public ImmutableArray<RecordError> Errors { get; init; } = [];
}

/// <summary>
/// The records that a page of changes ended with, all of one stamp: where the next page begins at that stamp, it shows them again, and they
/// would be read and counted twice. At most two pages of them.
/// </summary>
internal sealed record ChangedEdge(DateTimeOffset At, ImmutableArray<string> Ids)
{
    /// <summary>The edge after a page; while pages go through one stamp by id, the pages before that are still the edge.</summary>
    public static ChangedEdge? After(ChangedPage page, ChangedWindow window, ChangedEdge? before)
    {
        if (page.Next is not { } next)
            return null;
        var isSameStamp = before?.At == next.Since;
        if (isSameStamp && window.AfterId is not null)
            return before;
        var shown = page.Ids.Where(changed => changed.UpdatedAt == next.Since).Select(changed => changed.Id);
        return new(next.Since, [.. isSameStamp ? before!.Ids.Union(shown) : shown]);
    }

    public bool Holds(ChangedId changed) => changed.UpdatedAt == At && Ids.Contains(changed.Id);
}

/// <summary>How far a sweep has compared the listing with the links here.</summary>
/// <param name="ListedTo">The last id listed; null before the first.</param>
/// <param name="ComparedTo">The links up to this id are compared.</param>
/// <param name="IsListed">The listing is at its end; links behind its last id are left to compare.</param>
/// <param name="IsUnordered">The listing turned out not to ascend by numeric id: ranges of ids say nothing, the links are asked for by id instead.</param>
internal sealed record SweepPosition(string? ListedTo = null, string? ComparedTo = null, bool IsListed = false, bool IsUnordered = false);

/// <param name="Reason">Names fields and kinds of error, never values.</param>
internal sealed record RecordError(RemoteKind Kind, string Id, string Reason);

/// <summary>Where the incremental reading of one kind stands, kept in <c>crm_sync_configs.cursors</c> by remote kind.</summary>
/// <param name="ChangedTo">Everything changed before was read; moves only when a kind is complete.</param>
/// <param name="ArchivedAt">When the recycle bin was last read to its end.</param>
internal sealed record KindCursor(DateTimeOffset? ChangedTo = null, DateTimeOffset? ArchivedAt = null);
