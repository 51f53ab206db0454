using System.Text.Json;
using System.Text.RegularExpressions;

namespace Forge.Crm.Adapters;

/// <summary>Reads parts of a mapping document; what is wrong is a <see cref="FormatException"/> with the place and the remedy.</summary>
internal static partial class MappingJson
{
    /// <param name="example">What such a document looks like.</param>
    public static IEnumerable<JsonProperty> Members(string json, string example)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var root = document.RootElement.Clone();
            return root.ValueKind == JsonValueKind.Object
                ? root.EnumerateObject()
                : throw new FormatException($"mapping is no JSON object; write {example}, or {{}} for none.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"mapping is no JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}, or names a member twice.", e);
        }
    }

    /// <param name="known">The names that it may have; null for any.</param>
    public static IReadOnlyDictionary<string, JsonElement> Object(string place, JsonElement value, IReadOnlyCollection<string>? known)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw new FormatException($"{place} is no object; write {{ \"name\": \"value\" }}.");
        var members = value.EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
        return known is not null && members.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown
            ? throw new FormatException($"{place}.\"{unknown}\" is not known; there are: {string.Join(", ", known)}")
            : members;
    }

    public static string Text(string place, JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : throw new FormatException($"{place} is no text.");

    /// <summary>The name of a table or a column, as a request may carry it without quotes (PostgREST, "identifiers").</summary>
    public static string Name(string place, JsonElement value) => Name(place, Text(place, value));

    public static string Name(string place, string text) => Identifier().IsMatch(text)
        ? text
        : throw new FormatException($"{place} is no name of a table or a column: letters, digits, _ and $, at most 63; rename it, or make a view.");

    [GeneratedRegex(@"\A[\p{L}_][\p{L}\p{Nd}_$]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Identifier();
}
