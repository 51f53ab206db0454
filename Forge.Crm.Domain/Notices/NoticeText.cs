using System.Security.Cryptography;
using System.Text;

namespace Forge.Crm.Domain.Notices;

/// <summary>Texts from anywhere, in a form that mail, terminals and the database can hold.</summary>
public static class NoticeText
{
    private const int MaxKey = 200;

    /// <summary>One line: breaks and other controls become single spaces, marks that turn the direction of writing go, what is too long ends in an ellipsis.</summary>
    public static string Line(string text, int max)
    {
        var line = new StringBuilder();
        foreach (var rune in text.EnumerateRunes().Where(rune => !TurnsDirection(rune)))
        {
            if (!IsBreak(rune) && !Rune.IsWhiteSpace(rune))
                line.Append(rune.ToString());
            else if (line.Length > 0 && line[^1] != ' ')
                line.Append(' ');
        }

        return Cut(line.ToString().TrimEnd(), max);
    }

    /// <summary>Lines that end in LF alone; other controls but tabs go.</summary>
    public static string Block(string text, int max)
    {
        var block = new StringBuilder();
        foreach (var rune in text.ReplaceLineEndings("\n").EnumerateRunes().Where(rune => rune.Value is '\n' or '\t' || !Rune.IsControl(rune)))
            block.Append(rune.ToString());
        return Cut(block.ToString().Trim('\n'), max);
    }

    /// <summary>A key of any length in one that an index can hold.</summary>
    public static string Key(string key)
    {
        var line = Line(key, int.MaxValue);
        return line.Length <= MaxKey ? line : $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line)))}";
    }

    private static string Cut(string text, int max)
    {
        if (text.Length <= max)
            return text;
        var end = char.IsLowSurrogate(text[max - 1]) ? max - 2 : max - 1;
        return $"{text[..end]}…";
    }

    private static bool IsBreak(Rune rune) => Rune.IsControl(rune) || rune.Value is 0x2028 or 0x2029;

    private static bool TurnsDirection(Rune rune) => rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);
}
