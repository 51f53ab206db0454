using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Reads request bodies, leniently where HubSpot is: numbers and booleans count as their text.</summary>
internal static class HubSpotJson
{
    public static string[] Strings(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(Text).OfType<string>()]
            : [];

    /// <summary>Null when it is missing or null.</summary>
    public static string? Optional(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) ? Text(value) : null;

    /// <exception cref="HubSpotProblem">It is missing.</exception>
    public static string Required(JsonElement body, string name) =>
        Optional(body, name) ?? throw HubSpotProblem.InvalidJson($"Some required fields were not set: [{name}]");

    /// <summary>The properties to write. A null value clears, like empty text.</summary>
    public static Dictionary<string, string> Properties(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
            throw HubSpotProblem.InvalidJson("Some required fields were not set: [properties]");
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
}
