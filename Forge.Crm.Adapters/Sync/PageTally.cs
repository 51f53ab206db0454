using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Counts a page: what it read and what came of it.</summary>
/// <param name="kind">The kind that the page was asked for; a neighbour that was read along counts under its own.</param>
internal sealed class PageTally(RemoteKind kind, StepPage page, IReadOnlyList<Applied> applied)
{
    private const int MaxErrors = 50;

    public SyncCounts Add(SyncCounts counts)
    {
        var of = counts.Of(kind);
        counts = counts.With(kind, of with
        {
            Read = of.Read + page.Read + page.Known,
            Unchanged = of.Unchanged + page.Known,
            Ignored = of.Ignored + page.Vanished,
            Missing = of.Missing + page.Missing.Count,
            OnlyHere = of.OnlyHere + page.OnlyHere,
        });
        foreach (var item in applied.Where(Counts))
            counts = counts.With(item.Observation.Ref.Kind, counts.Of(item.Observation.Ref.Kind).With(item.Result.Outcome));
        return counts;
    }

    public ImmutableArray<RecordError> Add(ImmutableArray<RecordError> errors) =>
    [
        .. errors
            .Concat(applied.Where(item => item.Result.Outcome == ChangeOutcome.Failed).Select(item =>
                new RecordError(item.Observation.Ref.Kind, item.Observation.Ref.Id, item.Result.Reason ?? "failed")))
            .Concat(page.Missing.Select(id => new RecordError(kind, id, "the platform shows it neither as live nor as archived")))
            .Take(MaxErrors),
    ];

    // A record that is looked at a second time counts only where that changed it.
    private bool Counts(Applied item) => item.Result.Outcome != ChangeOutcome.Unchanged || (item.Observation.Ref.Kind == kind && !page.IsSecondLook(item.Observation.Ref.Id));
}
