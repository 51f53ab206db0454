using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What a job has done with one kind of remote record.</summary>
/// <param name="Read">Live records that the platform showed, those that were known at that version and not read again included.</param>
/// <param name="Ignored">Rightly not applied, e.g. a newer snapshot was there before.</param>
/// <param name="Failed">Could not be mapped or stored; the job's errors say why.</param>
/// <param name="Missing">Live here, and shown by the platform neither as live nor as archived: listed for a person, never deleted.</param>
/// <param name="OnlyHere">Live here, and never shown by the platform, although nothing keeps it from there: queued.</param>
internal sealed record KindCounts(
    long Read = 0, long Created = 0, long Updated = 0, long Unchanged = 0, long Deleted = 0, long Ignored = 0, long Failed = 0, long Missing = 0,
    long OnlyHere = 0)
{
    private static readonly ImmutableDictionary<ChangeOutcome, Func<KindCounts, KindCounts>> Additions =
        new Dictionary<ChangeOutcome, Func<KindCounts, KindCounts>>
        {
            [ChangeOutcome.Created] = c => c with { Created = c.Created + 1 },
            [ChangeOutcome.Updated] = c => c with { Updated = c.Updated + 1 },
            [ChangeOutcome.Unchanged] = c => c with { Unchanged = c.Unchanged + 1 },
            [ChangeOutcome.Deleted] = c => c with { Deleted = c.Deleted + 1 },
            [ChangeOutcome.Erased] = c => c with { Deleted = c.Deleted + 1 },
            [ChangeOutcome.Ignored] = c => c with { Ignored = c.Ignored + 1 },
            [ChangeOutcome.Outdated] = c => c with { Ignored = c.Ignored + 1 },
            [ChangeOutcome.NeedsHistory] = c => c with { Failed = c.Failed + 1 },
            [ChangeOutcome.Failed] = c => c with { Failed = c.Failed + 1 },
        }.ToImmutableDictionary();

    public KindCounts With(ChangeOutcome outcome) => Additions[outcome](this);
}

/// <summary>What a job has done, by kind.</summary>
internal sealed record SyncCounts(ImmutableSortedDictionary<RemoteKind, KindCounts> Kinds)
{
    public static SyncCounts None { get; } = new(ImmutableSortedDictionary<RemoteKind, KindCounts>.Empty);

    /// <summary>Live records read so far, of all kinds: what a progress bar shows against the job's total.</summary>
    public long Read => Kinds.Values.Sum(kind => kind.Read);

    public KindCounts Of(RemoteKind kind) => Kinds.GetValueOrDefault(kind) ?? new();

    /// <summary>All remote kinds that live in one table of the hub together.</summary>
    public KindCounts Of(RecordKind kind) => Kinds.Where(pair => pair.Key.ToRecordKind() == kind).Select(pair => pair.Value).Aggregate(new KindCounts(), Add);

    public SyncCounts With(RemoteKind kind, KindCounts counts) => new(Kinds.SetItem(kind, counts));

    private static KindCounts Add(KindCounts a, KindCounts b) => new(
        a.Read + b.Read, a.Created + b.Created, a.Updated + b.Updated, a.Unchanged + b.Unchanged,
        a.Deleted + b.Deleted, a.Ignored + b.Ignored, a.Failed + b.Failed, a.Missing + b.Missing, a.OnlyHere + b.OnlyHere);
}
