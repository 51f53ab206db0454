using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>The text of a column's value, in rows and in webhooks alike, and back.</summary>
internal static class SupabaseProjectValues
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <returns>Null for no value. The elements of an array are joined by semicolons.</returns>
    public static string? Read(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.Object => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Array => value.GetArrayLength() == 0 ? null : string.Join(';', value.EnumerateArray().Select(Read)),
        _ => null,
    };

    public static string? TextOf(JsonElement row, string? column) =>
        column is not null && row.ValueKind == JsonValueKind.Object && row.TryGetProperty(column, out var value) ? Read(value) : null;

    /// <summary>A time of the project's own clock; one without a zone is UTC.</summary>
    public static DateTimeOffset? TimeOf(JsonElement row, string? column) =>
        DateTimeOffset.TryParse(TextOf(row, column), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? Stamp.Micros(at) : null;

    /// <summary>PostgreSQL takes the text of every type; only an array has a form of its own.</summary>
    public static JsonNode? Write(string? text, bool isArray) =>
        text is null ? null
        : isArray ? new JsonArray([.. text.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(element => (JsonNode)JsonValue.Create(element))])
        : JsonValue.Create(text);

    /// <summary>As exactly as PostgreSQL keeps it.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
}
