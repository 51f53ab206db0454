using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>A true conflict: both sides changed, to different values. Total, and the same whichever side is asked first.</summary>
internal static class Contest
{
    // manual_review has no line: a person decides.
    private static readonly ImmutableDictionary<Strategy, Func<FieldRule, FieldType, Join>> Joins =
        new Dictionary<Strategy, Func<FieldRule, FieldType, Join>>
        {
            [Strategy.TimestampBased] = (_, _) => Merges.Newest,
            [Strategy.SourcePriority] = (_, _) => Merges.BySource,
            [Strategy.FieldMerge] = (rule, type) => Merges.Rules[rule.Merge ?? Merges.DefaultFor(type)].Join,
        }.ToImmutableDictionary();

    /// <returns>The candidate that both become; null where a person has to decide.</returns>
    public static Candidate? Decide(in Candidate a, in Candidate b, FieldType type, FieldRule rule) =>
        Joins.TryGetValue(rule.Strategy, out var join) ? join(rule, type)(a, b, rule) : null;
}
