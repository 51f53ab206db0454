using System.Globalization;
using System.Text.RegularExpressions;

namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>The major versions that the schema is written for and tried on.</summary>
internal static partial class SupportedVersions
{
    public const int Oldest = 15;
    public const int Newest = 18;

    public static string Range => $"{Oldest} to {Newest}";

    public static bool Accepts(Version version) => version.Major is >= Oldest and <= Newest;

    /// <summary>Reads what <c>postgres --version</c> prints: "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "postgres (PostgreSQL) 19beta1".</summary>
    /// <returns>Null when the text names no version.</returns>
    public static Version? Parse(string? text)
    {
        var match = Pattern().Match(text ?? "");
        return match.Success ? new Version(Number(match.Groups[1]), Number(match.Groups[2])) : null;
    }

    private static int Number(Group digits) => digits.Success ? int.Parse(digits.Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"\(PostgreSQL\) (\d{1,4})(?:\.(\d{1,4}))?", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
