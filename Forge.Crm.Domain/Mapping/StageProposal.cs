using System.Collections.Immutable;

namespace Forge.Crm.Domain.Mapping;

/// <summary>
/// Which stages of two systems may be the same: those of one name in pipelines of one name; of the others, those of one status in their order,
/// where both pipelines have as many. A proposal only: a person confirms it.
/// </summary>
public static class StageProposal
{
    /// <param name="theirs">Of the platform that is being connected.</param>
    /// <param name="known">That the hub knows from elsewhere.</param>
    /// <returns>By the platform's pipeline and stage; a stage without a proposal is not among them, and none is proposed twice.</returns>
    public static ImmutableDictionary<(string Pipeline, string Stage), Stage> Of(IEnumerable<Stage> theirs, IEnumerable<Stage> known)
    {
        var (left, right) = (ByPipeline(theirs), ByPipeline(known));
        var pairs = left.Join(right, pipeline => pipeline.Name, pipeline => pipeline.Name, (a, b) => (a, b)).DistinctBy(pair => pair.a.Id).DistinctBy(pair => pair.b.Id).ToList();
        var (restLeft, restRight) = (left.Except(pairs.Select(pair => pair.a)).ToList(), right.Except(pairs.Select(pair => pair.b)).ToList());
        if (restLeft.Count == 1 && restRight.Count == 1)
            pairs.Add((restLeft[0], restRight[0])); // "Pipeline" and "Sales pipeline": each system has but one more
        return pairs.SelectMany(pair => Stages(pair.a.Stages, pair.b.Stages))
            .ToImmutableDictionary(pair => (pair.Their.PipelineExternalId, pair.Their.ExternalId), pair => pair.Known);
    }

    private static IEnumerable<(Stage Their, Stage Known)> Stages(ImmutableArray<Stage> theirs, ImmutableArray<Stage> known)
    {
        var named = theirs.Join(known, stage => Plain(stage.Label), stage => Plain(stage.Label), (a, b) => (a, b))
            .DistinctBy(pair => pair.a.ExternalId).DistinctBy(pair => pair.b.StageId).ToList();
        var rest = known.Except(named.Select(pair => pair.b)).ToLookup(stage => stage.Status);
        var ordered = theirs.Except(named.Select(pair => pair.a)).GroupBy(stage => stage.Status)
            .Where(group => group.Count() == rest[group.Key].Count())
            .SelectMany(group => group.Zip(rest[group.Key]));
        return named.Concat(ordered);
    }

    private static List<Pipeline> ByPipeline(IEnumerable<Stage> stages) =>
    [
        .. stages.Where(stage => !stage.IsArchived && stage.PipelineExternalId.Length > 0 && stage.ExternalId.Length > 0)
            .GroupBy(stage => stage.PipelineId)
            .Select(group => new Pipeline(group.Key, Plain(group.First().Pipeline), [.. group.DistinctBy(stage => stage.StageId).OrderBy(stage => stage.Position)])),
    ];

    private static string Plain(string text) => string.Concat(text.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    private sealed record Pipeline(Guid Id, string Name, ImmutableArray<Stage> Stages);
}
