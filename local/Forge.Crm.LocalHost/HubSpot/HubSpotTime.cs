using System.Globalization;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Times on the wire: ISO 8601 in UTC with milliseconds on the way out; that or epoch milliseconds on the way in.</summary>
internal static class HubSpotTime
{
    public static string Text(long milliseconds)
    {
        // The round-trip format is the fast one; its last four digits are always zero here.
        Span<char> text = stackalloc char[28];
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        text[23] = 'Z';
        return new string(text[..24]);
    }

    /// <summary>The calendar day of that instant in UTC, as date properties hold it.</summary>
    public static string Day(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static bool TryParse(string text, out long milliseconds)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out milliseconds))
            return milliseconds is > -62_135_596_800_000 and < 253_402_300_800_000;
        if (!DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            return false;
        milliseconds = time.ToUnixTimeMilliseconds();
        return true;
    }
}
