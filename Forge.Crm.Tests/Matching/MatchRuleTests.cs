using Forge.Crm.Domain.Planning;
using static Forge.Crm.Domain.Planning.MatchClass;
using static Forge.Crm.Domain.Planning.MatchSide;

namespace Forge.Crm.Tests.Matching;

/// <summary>Who belongs to whom, by the keys that records carry.</summary>
public sealed class MatchRuleTests
{
    // Each row: the records of the hub and of the platform with their keys, "name:key,key", and what each is to be.
    public static TheoryData<string, string, string> Plans => new()
    {
        { "h:a", "r:a", "h Matched, r Matched" },
        { "h:a,b", "r:a,b", "h Matched, r Matched" },
        { "h:a,b", "r:b", "h Matched, r Matched" },
        { "h:a", "r:b", "h OnlyHere, r OnlyThere" },
        { "h:", "r:", "h OnlyHere, r OnlyThere" },
        { "h:a", "", "h OnlyHere" },
        { "", "r:a", "r OnlyThere" },
        { "h:a i:b", "r:a s:b", "h Matched, i Matched, r Matched, s Matched" },
        { "h:a i:a", "r:a", "h Ambiguous, i Ambiguous, r Ambiguous" },
        { "h:a", "r:a s:a", "h Ambiguous, r Ambiguous, s Ambiguous" },
        { "h:a i:b", "r:a,b", "h Ambiguous, i Ambiguous, r Ambiguous" },
        { "h:a,b", "r:a s:b", "h Ambiguous, r Ambiguous, s Ambiguous" },
        { "h:a i:a", "", "h Ambiguous, i Ambiguous" },
        { "", "r:a s:a", "r Ambiguous, s Ambiguous" },
        { "h:a", "r:a,b s:b", "h Ambiguous, r Ambiguous, s Ambiguous" },
        { "h:a,b i:b", "r:a", "h Ambiguous, i Ambiguous, r Ambiguous" },
        { "h:a i:c", "r:a s:d", "h Matched, i OnlyHere, r Matched, s OnlyThere" },
    };

    [Theory, MemberData(nameof(Plans))]
    public void A_pair_is_matched_only_where_nobody_else_carries_a_key_of_either(string here, string there, string expected) =>
        string.Join(", ", MatchModel.Read(here, there).Classes().Select(pair => $"{pair.Name} {pair.Class}")).ShouldBe(expected);

    [Fact]
    public void The_order_of_the_sides_does_not_matter()
    {
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var model = MatchModel.Random(random, 6);
            var mirrored = new MatchModel([.. model.Items.Select(item => item with { Side = item.Side == Here ? There : Here })]);
            mirrored.Classes().Select(pair => pair.Class switch { OnlyHere => OnlyThere, OnlyThere => OnlyHere, var same => same })
                .ShouldBe(model.Classes().Select(pair => pair.Class));
        }
    }

    [Fact]
    public void Matched_records_come_in_pairs()
    {
        var random = new Random(11);
        for (var round = 0; round < 300; round++)
        {
            var matched = MatchModel.Random(random, 8).Classes().Where(pair => pair.Class == Matched).ToList();
            matched.Count(pair => pair.Side == Here).ShouldBe(matched.Count(pair => pair.Side == There));
        }
    }

    [Theory]
    [InlineData(MatchChoice.LinkOnly, false, false)]
    [InlineData(MatchChoice.CreateHere, true, false)]
    [InlineData(MatchChoice.CreateThere, false, true)]
    [InlineData(MatchChoice.CreateMissing, true, true)]
    [InlineData(MatchChoice.Ignore, false, false)]
    public void A_choice_says_where_what_is_missing_is_created(MatchChoice choice, bool here, bool there) =>
        (choice.CreatesHere(), choice.CreatesThere()).ShouldBe((here, there));
}
