using System.Text.Json;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// The text of a value. One reading serves the API (plain values and bare ids) and webhooks (custom fields as objects with a type), so that
/// what an event tells and what a read returns can be compared.
/// </summary>
internal static class PipedriveValues
{
    /// <returns>Null for no value. Several values are joined by semicolons, the two ends of a range by a slash.</returns>
    public static string? Read(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Array => Join(value),
        JsonValueKind.Object => ReadObject(value),
        _ => null,
    };

    public static string? TextOf(JsonElement record, string member) =>
        record.ValueKind == JsonValueKind.Object && record.TryGetProperty(member, out var value) ? Read(value) : null;

    /// <returns>The default where there is none.</returns>
    public static JsonElement Member(JsonElement record, string member) =>
        record.ValueKind == JsonValueKind.Object && record.TryGetProperty(member, out var value) ? value : default;

    public static DateTimeOffset? TimeOf(JsonElement record, string member) =>
        DateTimeOffset.TryParse(
            TextOf(record, member), System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var at)
            ? at.ToUniversalTime()
            : null;

    private static string? ReadObject(JsonElement value)
    {
        if (value.TryGetProperty("values", out var values))
            return Read(values);
        var first = TextOf(value, "value") ?? TextOf(value, "from");
        if (TextOf(value, "until") is { } until)
            return $"{first}/{until}";
        return value.TryGetProperty("value", out _) ? first : TextOf(value, "id");
    }

    private static string? Join(JsonElement values)
    {
        var texts = values.EnumerateArray().Select(Read).Where(text => !string.IsNullOrEmpty(text)).ToList();
        return texts.Count == 0 ? null : string.Join(';', texts);
    }
}
