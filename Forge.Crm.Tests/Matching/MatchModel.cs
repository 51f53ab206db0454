using System.Collections.Immutable;
using Forge.Crm.Domain.Planning;

namespace Forge.Crm.Tests.Matching;

internal sealed record ModelItem(string Name, Guid Id, MatchSide Side, ImmutableArray<string> Keys);

/// <summary>A match plan in memory: the neighbours of every record are found by looking at every other.</summary>
internal sealed record MatchModel(ImmutableArray<ModelItem> Items)
{
    public static MatchModel Read(string here, string there) => new([.. Read(here, MatchSide.Here), .. Read(there, MatchSide.There)]);

    /// <summary>So few keys that many are shared.</summary>
    public static MatchModel Random(Random random, int most)
    {
        string[] keys = [.. Enumerable.Range(0, most).Select(n => $"k{n}")];
        return new(
        [
            .. Enumerable.Range(0, random.Next(1, most * 2)).Select(n => new ModelItem(
                $"item{n}", Guid.CreateVersion7(), (MatchSide)random.Next(2), [.. random.GetItems(keys, random.Next(3)).Distinct()])),
        ]);
    }

    public IEnumerable<(string Name, MatchSide Side, MatchClass Class)> Classes() =>
        Items.Select(item => (item.Name, item.Side, MatchRule.Of(item.Side, Neighbours(item), id => Neighbours(Items.Single(other => other.Id == id)))));

    private MatchNeighbours Neighbours(ModelItem item)
    {
        var sharing = Items.Where(other => other.Id != item.Id && other.Keys.Intersect(item.Keys).Any()).ToLookup(other => other.Side == item.Side, other => other.Id);
        return new([.. sharing[false]], [.. sharing[true]]);
    }

    private static IEnumerable<ModelItem> Read(string text, MatchSide side) =>
        from part in text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        let halves = part.Split(':')
        select new ModelItem(halves[0], Guid.CreateVersion7(), side, [.. halves[1].Split(',', StringSplitOptions.RemoveEmptyEntries)]);
}
