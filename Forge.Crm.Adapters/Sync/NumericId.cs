using System.Collections.Immutable;

namespace Forge.Crm.Adapters.Sync;

/// <summary>
/// External ids that are whole numbers, as HubSpot's are. Among numbers of one length the order of the texts is the order of the numbers,
/// so a range of numbers is a range of texts a length: that is what the links' primary key can find.
/// </summary>
internal static class NumericId
{
    /// <summary>The length of the largest 64-bit number.</summary>
    private const int MaxLength = 19;

    public static bool IsNumeric(string id) => id.Length is > 0 and <= MaxLength && id[0] != '0' && id.All(char.IsAsciiDigit);

    public static int Compare(string a, string b) => a.Length != b.Length ? a.Length.CompareTo(b.Length) : string.CompareOrdinal(a, b);

    /// <summary>Whether these ids are numbers that ascend from <paramref name="after"/> on.</summary>
    public static bool Ascend(string? after, IEnumerable<string> ids)
    {
        foreach (var id in ids)
        {
            if (!IsNumeric(id) || (after is not null && Compare(after, id) >= 0))
                return false;
            after = id;
        }

        return true;
    }

    /// <summary>The numbers above <paramref name="after"/> (null: all) up to <paramref name="upTo"/> (null: no end), one range of texts a length.</summary>
    /// <returns>Each range without its low end and with its high end, which has the length of all its members.</returns>
    public static ImmutableArray<(string Low, string High)> Ranges(string? after, string? upTo)
    {
        var ranges = ImmutableArray.CreateBuilder<(string, string)>();
        var (first, last) = (after?.Length ?? 1, upTo?.Length ?? MaxLength);
        for (var length = first; length <= last; length++)
        {
            var low = after is not null && length == first ? after : new('0', length);
            ranges.Add((low, upTo is not null && length == last ? upTo : new('9', length)));
        }

        return ranges.ToImmutable();
    }
}
