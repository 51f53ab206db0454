using System.Globalization;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>How search compares a property: numbers and times by their size, everything else as text.</summary>
internal static class HubSpotSearchValue
{
    public static bool IsNumeric(HubSpotProperty property) => property.Type is "number" or "date" or "datetime";

    /// <summary>Null when it is not a number or a time.</summary>
    public static decimal? Number(HubSpotProperty property, string text)
    {
        if (property.Type == "number")
            return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
        return HubSpotTime.TryParse(text, out var milliseconds) ? milliseconds : null;
    }

    /// <summary>The record's value as the index has it. Ids and dates of every record are at hand without parsing.</summary>
    public static decimal? Number(HubSpotTable table, HubSpotProperty property, HubSpotRecord record)
    {
        if (property == table.Modified)
            return record.IndexedAt;
        if (property == table.Created)
            return record.CreatedAt;
        if (property == table.ObjectId)
            return record.Id;
        return record.Text(property, record.IndexedAt) is { } text ? Number(property, text) : null;
    }

    /// <summary>Words for token search: runs of letters and digits.</summary>
    public static IEnumerable<string> Tokens(string text)
    {
        var start = -1;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && char.IsLetterOrDigit(text[i]))
            {
                if (start < 0)
                    start = i;
            }
            else if (start >= 0)
            {
                yield return text[start..i];
                start = -1;
            }
        }
    }

    /// <summary>A star stands for any text, at either end of the pattern or within.</summary>
    public static bool MatchesPattern(string text, string pattern) =>
        System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern.Replace("?", "\\?", StringComparison.Ordinal), text, ignoreCase: true);
}
