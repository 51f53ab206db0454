using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>A value that competes for a field, and its stamp.</summary>
public readonly record struct Candidate(string? Value, Stamp Stamp);

/// <summary>The candidate that two become: commutative, associative, idempotent and total, so that no order of arrival matters.</summary>
internal delegate Candidate Join(in Candidate a, in Candidate b, FieldRule rule);

/// <param name="Fits">The field types whose values the rule can join; none named means all.</param>
internal sealed record MergeRule(Join Join, ImmutableArray<FieldType> Fits)
{
    public bool FitsTo(FieldType type) => Fits.IsEmpty || Fits.Contains(type);
}

/// <summary>The rules of <c>field_merge</c>: a new one is a value of <see cref="Merge"/> and a line here.</summary>
internal static class Merges
{
    public static readonly ImmutableDictionary<Merge, MergeRule> Rules = new Dictionary<Merge, MergeRule>
    {
        [Merge.Newest] = new(Newest, []),
        [Merge.PreferSource] = new(PreferSource, []),
        [Merge.Longest] = new(Longest, [FieldType.Text]),
        [Merge.Union] = new(Union, [FieldType.Set]),
        [Merge.Max] = new((in a, in b, rule) => ByNumber(a, b, rule, sign: 1), [FieldType.Number, FieldType.WholeNumber]),
        [Merge.Min] = new((in a, in b, rule) => ByNumber(a, b, rule, sign: -1), [FieldType.Number, FieldType.WholeNumber]),
    }.ToImmutableDictionary();

    public static Merge DefaultFor(FieldType type) => type == FieldType.Set ? Merge.Union : Merge.Newest;

    public static Candidate Newest(in Candidate a, in Candidate b, FieldRule rule) => ByAge(a, b, rule) >= 0 ? a : b;

    /// <summary>The platform that ranks higher, whatever the age; of one platform's two values the newer.</summary>
    public static Candidate BySource(in Candidate a, in Candidate b, FieldRule rule)
    {
        var byRank = rule.RankOf(b.Stamp.By) - rule.RankOf(a.Stamp.By);
        return byRank > 0 ? a : byRank < 0 ? b : Newest(a, b, rule);
    }

    private static Candidate PreferSource(in Candidate a, in Candidate b, FieldRule rule)
    {
        var preferred = rule.Ranks[0];
        return a.Stamp.By == b.Stamp.By ? Newest(a, b, rule)
            : a.Stamp.By == preferred ? a
            : b.Stamp.By == preferred ? b
            : Newest(a, b, rule);
    }

    private static Candidate Longest(in Candidate a, in Candidate b, FieldRule rule)
    {
        var byLength = (a.Value?.Length ?? 0) - (b.Value?.Length ?? 0);
        return byLength > 0 ? a : byLength < 0 ? b : Newest(a, b, rule);
    }

    // The members of both, as of the later of the two edits.
    private static Candidate Union(in Candidate a, in Candidate b, FieldRule rule)
    {
        var later = ByAge(a with { Value = null }, b with { Value = null }, rule) >= 0 ? a.Stamp : b.Stamp;
        var members = $"{a.Value};{b.Value}".Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var all = string.Join(';', members);
        return new(all.Length == 0 ? null : all, later);
    }

    // What is no number (a person may write anything into a custom field) is neither large nor small: a number wins over it.
    private static Candidate ByNumber(in Candidate a, in Candidate b, FieldRule rule, int sign) => (Number(a.Value), Number(b.Value)) switch
    {
        ({ } x, { } y) when x != y => sign * x.CompareTo(y) > 0 ? a : b,
        ({ }, null) => a,
        (null, { }) => b,
        _ => Newest(a, b, rule),
    };

    private static decimal? Number(string? text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Above zero where <paramref name="a"/> is newer. A total order: time, rank, value, and an exact time before an approximate one.</summary>
    private static int ByAge(in Candidate a, in Candidate b, FieldRule rule)
    {
        var order = a.Stamp.At.CompareTo(b.Stamp.At);
        if (order == 0)
            order = rule.RankOf(b.Stamp.By) - rule.RankOf(a.Stamp.By);
        if (order == 0)
            order = string.CompareOrdinal(a.Value, b.Value);
        return order != 0 ? order : b.Stamp.IsApproximate.CompareTo(a.Stamp.IsApproximate);
    }
}
