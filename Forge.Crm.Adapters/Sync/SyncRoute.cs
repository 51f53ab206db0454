using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>The way of a job: which phases each kind goes through, and what comes after one.</summary>
internal sealed class SyncRoute(SyncJob job, IReadOnlyList<RemoteKind> connectorKinds, DateTimeOffset now)
{
    /// <summary>
    /// How often incremental jobs read the recycle bin. It is not sorted by time, so it is read in full; webhooks report deletions at once,
    /// and the platform keeps them for 90 days: an hour's delay is the price of a lost event, not of a deletion.
    /// </summary>
    private static readonly TimeSpan ArchivedInterval = TimeSpan.FromHours(1);

    private static readonly ImmutableDictionary<SyncMode, ImmutableArray<SyncPhase>> PhasesByMode = new Dictionary<SyncMode, ImmutableArray<SyncPhase>>
    {
        [SyncMode.Initial] = [SyncPhase.List],
        [SyncMode.Incremental] = [SyncPhase.Changed, SyncPhase.Archived],
        // The recycle bin first: what it names needs no search for a missing record any more.
        [SyncMode.Sweep] = [SyncPhase.Archived, SyncPhase.List, SyncPhase.Known, SyncPhase.OnlyHere],
        [SyncMode.Manual] = [SyncPhase.List],
        [SyncMode.Match] = [SyncPhase.Clear, SyncPhase.List, SyncPhase.Here, SyncPhase.Judge],
    }.ToImmutableDictionary();

    private static readonly ImmutableArray<SyncPhase> Planned = [SyncPhase.Plan, SyncPhase.List, SyncPhase.Offer];

    // Of single records only what they themselves bring about is of interest.
    private readonly ImmutableArray<SyncPhase> _phases =
        !job.Cursor.Ids.IsEmpty ? [SyncPhase.Named] : job.Cursor.IsPlanned ? Planned : job.IsDryRun ? [.. PhasesByMode[job.Mode], SyncPhase.Queued] : PhasesByMode[job.Mode];

    /// <summary>The kinds of this job, in the platform's order: what is pointed at comes first.</summary>
    public ImmutableArray<RemoteKind> Kinds { get; } = job.Cursor.Ids.IsEmpty
        ? [.. connectorKinds.Where(kind => job.Kinds.Contains(kind.ToRecordKind()))]
        : [job.Cursor.Kind!.Value];

    /// <summary>Where the job goes on after a phase, or after its account was read; null at its end.</summary>
    public SyncCursor? After(SyncCursor cursor)
    {
        var (kind, phase) = cursor.Phase == SyncPhase.Account
            ? (0, 0)
            : (Kinds.IndexOf(cursor.Kind!.Value), _phases.IndexOf(cursor.Phase) + 1);
        for (; kind < Kinds.Length; kind++, phase = 0)
        {
            for (; phase < _phases.Length; phase++)
            {
                var isSameKind = cursor.Kind == Kinds[kind] && cursor.Phase != SyncPhase.Account;
                if (IsDue(_phases[phase], Kinds[kind], isSameKind ? cursor : null))
                    return Begin(cursor, Kinds[kind], _phases[phase], isSameKind);
            }
        }

        return null;
    }

    private bool IsDue(SyncPhase phase, RemoteKind kind, SyncCursor? sameKind) => phase switch
    {
        SyncPhase.Archived => job.Mode == SyncMode.Sweep || !(job.CursorOf(kind).ArchivedAt > now - ArchivedInterval),
        SyncPhase.Known => sameKind?.Sweep is { IsUnordered: true },
        SyncPhase.Clear or SyncPhase.Plan => kind == Kinds[0],
        SyncPhase.Offer or SyncPhase.Queued => kind == Kinds[^1],
        // A call and a meeting are both activities of the hub: it is walked when all that can belong to it was read.
        SyncPhase.Here or SyncPhase.Judge or SyncPhase.OnlyHere => kind == Kinds.Last(other => other.ToRecordKind() == kind.ToRecordKind()),
        _ => true,
    };

    private SyncCursor Begin(SyncCursor cursor, RemoteKind kind, SyncPhase phase, bool isSameKind) => new()
    {
        Kind = kind,
        Phase = phase,
        KindStartedAt = isSameKind ? cursor.KindStartedAt : now,
        Ids = cursor.Ids,
        IsPlanned = cursor.IsPlanned,
        Errors = cursor.Errors,
    };
}
