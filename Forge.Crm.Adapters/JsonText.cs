using System.Globalization;
using System.Text.Unicode;

namespace Forge.Crm.Adapters;

/// <summary>Finds text that is valid JSON but that PostgreSQL's <c>text</c> cannot hold.</summary>
internal static class JsonText
{
    /// <returns>What is wrong with the bytes of a JSON value; null where nothing is.</returns>
    public static string? Flaw(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            return "is not UTF-8";
        for (var at = json.IndexOf((byte)'\\'); at >= 0 && at < json.Length; at = Next(json, at))
        {
            var unit = Unit(json, at);
            if (unit == 0)
                return "holds U+0000";
            if (unit is < 0xD800 or > 0xDFFF)
                continue;
            var isPair = unit < 0xDC00 && Unit(json, at + 6) is >= 0xDC00 and <= 0xDFFF;
            if (!isPair)
                return "holds half a surrogate pair";
            at += 6;
        }

        return null;
    }

    // Every escape is two bytes long, or six: the byte behind a backslash never starts another one.
    private static int Next(ReadOnlySpan<byte> json, int escape)
    {
        var from = escape + 2;
        var next = from >= json.Length ? -1 : json[from..].IndexOf((byte)'\\');
        return next < 0 ? json.Length : from + next;
    }

    /// <summary>The UTF-16 unit of an escape <c>\uXXXX</c>; -1 for any other.</summary>
    private static int Unit(ReadOnlySpan<byte> json, int at) =>
        at + 6 <= json.Length && json[at] == (byte)'\\' && json[at + 1] == (byte)'u'
        && ushort.TryParse(json.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? unit
            : -1;
}
