using System.Text.Json;

namespace Forge.Crm.Adapters.Http;

/// <summary>Reads the words that name an error and the properties that it is about in a platform's error body; never its messages, which quote values.</summary>
internal static class ErrorBody
{
    private const int LongestWord = 64;

    // HubSpot: category, subCategory, status (of OAuth), errorType and policyName (of limits); Pipedrive: code; RFC 6749: error.
    private static readonly string[] Words = ["category", "subCategory", "status", "errorType", "policyName", "code", "error"];

    /// <param name="names">Of the properties that the request wrote: the only words that are taken out of a message.</param>
    public static (string Detail, string? Policy) Read(ReadOnlyMemory<byte> body, IReadOnlySet<string> names)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object ? (Detail(root, names), Word(root, "policyName")) : ("no category", null);
        }
        catch (JsonException)
        {
            return ("no category", null);
        }
    }

    /// <summary>Whether an answer says itself that it is an error: <c>"success": false</c> (Pipedrive), <c>"status": "error"</c> (HubSpot).</summary>
    public static bool IsError(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isSuccess, isStatus) = (reader.ValueTextEquals("success"), reader.ValueTextEquals("status"));
                reader.Read();
                if (isSuccess)
                    return reader.TokenType == JsonTokenType.False;
                if (isStatus && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("error"))
                    return true;
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // Whoever reads it will say so.
        }

        return false;
    }

    /// <summary>Of an error body, or of one entry of a batch's errors, which has the same members.</summary>
    public static string Detail(JsonElement error, IReadOnlySet<string> names)
    {
        var words = Words.Select(name => Word(error, name)).OfType<string>().Where(word => word != "error").Concat(Properties(error)).Concat(Quoted(error, names));
        var detail = string.Join(' ', words.Distinct());
        return detail.Length == 0 ? "no category" : detail;
    }

    /// <summary>A member's texts, given as one or as a list.</summary>
    public static IEnumerable<string> Texts(JsonElement element, string name) =>
        element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var value) ? []
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)
        : value.ValueKind == JsonValueKind.String ? [value.GetString()!]
        : [];

    // HubSpot: {"context":{"properties":["dealstage"]},"errors":[{"code":"INVALID_OPTION","context":{"propertyName":["industry"]}}]}.
    private static IEnumerable<string> Properties(JsonElement error)
    {
        var details = error.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array
            ? errors.EnumerateArray().SelectMany(detail => Texts(detail, "code").Concat(Texts(Member(detail, "context"), "propertyName")))
            : [];
        return Texts(Member(error, "context"), "properties").Concat(details).Where(IsWord);
    }

    // Pipedrive: {"error":"\"title\" is required"}.
    private static IEnumerable<string> Quoted(JsonElement error, IReadOnlySet<string> names) =>
        names.Count == 0 ? [] : Texts(error, "error").SelectMany(text => text.Split('"').Where((_, i) => i % 2 == 1)).SelectMany(quoted => quoted.Split('.')).Where(names.Contains);

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    private static string? Word(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { } text && IsWord(text) ? text : null;

    private static bool IsWord(string text) =>
        text.Length is > 0 and <= LongestWord && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
}
