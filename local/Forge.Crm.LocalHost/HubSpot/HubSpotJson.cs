using System.Globalization;
using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Reads request bodies, leniently where HubSpot is: numbers and booleans count as their text.</summary>
internal static class HubSpotJson
{
    /// <summary>The elements of an array field; null when it is missing or something else.</summary>
    public static JsonElement[]? Elements(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray()]
            : null;

    /// <exception cref="HubSpotProblem">It is missing.</exception>
    public static JsonElement[] RequiredElements(JsonElement body, string name) => Elements(body, name) ?? throw Missing(name);

    public static string[] Strings(JsonElement body, string name) => [.. (Elements(body, name) ?? []).Select(Text).OfType<string>()];

    /// <summary>Null when it is missing or null.</summary>
    public static string? Optional(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) ? Text(value) : null;

    /// <exception cref="HubSpotProblem">It is missing.</exception>
    public static string Required(JsonElement body, string name) => Optional(body, name) ?? throw Missing(name);

    /// <summary>A whole number, given as such or as text.</summary>
    /// <exception cref="HubSpotProblem">It is missing or no number.</exception>
    public static long RequiredNumber(JsonElement body, string name) =>
        long.TryParse(Required(body, name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw HubSpotProblem.InvalidJson($"{name} must be a number");

    /// <summary>The id within an object field, such as that of <c>{"to":{"id":"1"}}</c>.</summary>
    /// <exception cref="HubSpotProblem">It is missing.</exception>
    public static string RequiredId(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var end) ? Required(end, "id") : throw Missing(name);

    /// <summary>The properties to write. A null value clears, like empty text.</summary>
    public static Dictionary<string, string> Properties(JsonElement body)
    {
        var isObject = body.ValueKind == JsonValueKind.Object;
        if (!isObject || !body.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
            throw Missing("properties");
        var values = new Dictionary<string, string>();
        foreach (var property in properties.EnumerateObject())
            values[property.Name] = Text(property.Value) ?? "";
        return values;
    }

    public static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };

    private static HubSpotProblem Missing(string name) => HubSpotProblem.InvalidJson($"Some required fields were not set: [{name}]");
}
