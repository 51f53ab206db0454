using System.Globalization;
using CsCheck;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Planning;

/// <summary>
/// The join of two stamped candidates, under every strategy and merge rule that joins: whatever arrives in whatever order and number comes
/// to one candidate. (The three-way merge as a whole is not commutative and need not be: that it converges is the simulator's to judge.)
/// </summary>
public sealed class JoinTests
{
    private const int Cases = 5_000;

    private static readonly Gen<Platform> Platforms = Gen.Int[0, 2].Select(n => (Platform)n);

    private static readonly Gen<Stamp> Stamps = Gen.Select(Gen.Int[0, 4], Platforms, Gen.Bool)
        .Select((minute, by, approximate) => new Stamp(MemoryHub.Noon.AddMinutes(minute), by, approximate));

    private static readonly Gen<FieldRule> Ranks = Gen.Shuffle(new[] { Platform.Supabase, Platform.HubSpot, Platform.Pipedrive })
        .Select(ranks => FieldRule.Default with { Ranks = [.. ranks] });

    public static TheoryData<Strategy, Merge?, FieldType> Joins => new()
    {
        { Strategy.TimestampBased, null, FieldType.Text },
        { Strategy.SourcePriority, null, FieldType.Text },
        { Strategy.FieldMerge, null, FieldType.Set },
        { Strategy.FieldMerge, null, FieldType.Text },
        { Strategy.FieldMerge, Merge.Newest, FieldType.Text },
        { Strategy.FieldMerge, Merge.PreferSource, FieldType.Text },
        { Strategy.FieldMerge, Merge.Longest, FieldType.Text },
        { Strategy.FieldMerge, Merge.Union, FieldType.Set },
        { Strategy.FieldMerge, Merge.Max, FieldType.Number },
        { Strategy.FieldMerge, Merge.Min, FieldType.WholeNumber },
    };

    [Theory]
    [MemberData(nameof(Joins))]
    public void It_does_not_matter_who_comes_first(Strategy strategy, Merge? merge, FieldType type) =>
        Gen.Select(Candidates(type), Candidates(type), Ranks).Sample(
            (a, b, rule) => Join(a, b, strategy, merge, type, rule) == Join(b, a, strategy, merge, type, rule), iter: Cases);

    [Theory]
    [MemberData(nameof(Joins))]
    public void It_does_not_matter_who_meets_whom(Strategy strategy, Merge? merge, FieldType type) =>
        Gen.Select(Candidates(type), Candidates(type), Candidates(type), Ranks).Sample(
            (a, b, c, rule) => Join(Join(a, b, strategy, merge, type, rule), c, strategy, merge, type, rule)
                == Join(a, Join(b, c, strategy, merge, type, rule), strategy, merge, type, rule),
            iter: Cases);

    [Theory]
    [MemberData(nameof(Joins))]
    public void What_comes_twice_counts_once(Strategy strategy, Merge? merge, FieldType type) =>
        Gen.Select(Candidates(type), Candidates(type), Ranks).Sample(
            (a, b, rule) =>
            {
                // Monotone: what has been joined once is never undone by joining it again.
                var joined = Join(a, b, strategy, merge, type, rule);
                return Join(a, a, strategy, merge, type, rule) == a
                    && Join(joined, a, strategy, merge, type, rule) == joined
                    && Join(joined, b, strategy, merge, type, rule) == joined;
            },
            iter: Cases);

    [Theory]
    [MemberData(nameof(Joins))]
    public void No_value_is_invented(Strategy strategy, Merge? merge, FieldType type) =>
        Gen.Select(Candidates(type), Candidates(type), Ranks).Sample(
            (a, b, rule) =>
            {
                var joined = Join(a, b, strategy, merge, type, rule);
                var known = $"{a.Value};{b.Value}".Split(';');
                return (joined.Value ?? "").Split(';').All(known.Contains) && (joined.Stamp == a.Stamp || joined.Stamp == b.Stamp);
            },
            iter: Cases);

    [Fact]
    public void Manual_review_joins_nothing() =>
        Contest.Decide(new("a", default), new("b", default), FieldType.Text, FieldRule.Default with { Strategy = Strategy.ManualReview }).ShouldBeNull();

    [Fact]
    public void Every_strategy_but_manual_review_and_every_merge_rule_is_among_the_tested() =>
        (Joins.Select(row => row[0]).Distinct().Count(), Joins.Select(row => row[1]).OfType<Merge>().Distinct().Count())
            .ShouldBe((Enum.GetValues<Strategy>().Length - 1, Enum.GetValues<Merge>().Length));

    private static Candidate Join(in Candidate a, in Candidate b, Strategy strategy, Merge? merge, FieldType type, FieldRule rule) =>
        Contest.Decide(a, b, type, rule with { Strategy = strategy, Merge = merge })!.Value;

    private static Gen<Candidate> Candidates(FieldType type) => Gen.Select(Values(type), Stamps).Select((value, stamp) => new Candidate(value, stamp));

    private static Gen<string?> Values(FieldType type) => type switch
    {
        FieldType.Set => Gen.Int[0, 7].Select(bits => bits == 0 ? null : string.Join(';', "abc".Where((_, i) => (bits >> i & 1) == 1))),
        FieldType.Number or FieldType.WholeNumber => Gen.Int[-1, 3].Select(n => n == 3 ? null : n.ToString(CultureInfo.InvariantCulture)),
        _ => Gen.Int[0, 4].Select(n => n switch { 0 => null, 1 => "a", 2 => "b", 3 => "bb", _ => "cc" }),
    };
}
