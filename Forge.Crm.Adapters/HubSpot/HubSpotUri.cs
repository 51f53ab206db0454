using System.Globalization;
using System.Text;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>
/// The form of a URI that HubSpot signs: the twelve escapes of its table are decoded, everything else (<c>%20</c>, <c>%26</c>, UTF-8
/// escapes, <c>+</c>) stays as it is (HubSpot documentation, "Validating requests from HubSpot", version 3).
/// </summary>
internal static class HubSpotUri
{
    private const string Decoded = ":/?@!$'()*,;";

    /// <summary>Writes the URI in UTF-8. Lower-case escapes count too; the documentation lists only upper-case ones.</summary>
    /// <returns>How many bytes were written; never more than the URI's own UTF-8 takes.</returns>
    public static int Decode(ReadOnlySpan<char> uri, Span<byte> destination)
    {
        var written = 0;
        while (uri.Length > 0)
        {
            var next = uri.IndexOf('%');
            var plain = next < 0 ? uri : uri[..next];
            written += Encoding.UTF8.GetBytes(plain, destination[written..]);
            uri = uri[plain.Length..];
            if (uri.Length == 0)
                break;
            var isDecoded = TryDecode(uri, out var character);
            destination[written++] = (byte)(isDecoded ? character : '%');
            uri = uri[(isDecoded ? 3 : 1)..];
        }

        return written;
    }

    private static bool TryDecode(ReadOnlySpan<char> escape, out char character)
    {
        character = default;
        if (escape.Length < 3 || !byte.TryParse(escape.Slice(1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            return false;
        character = (char)code;
        return Decoded.Contains(character, StringComparison.Ordinal);
    }
}
