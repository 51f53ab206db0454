using System.Text.Json;

namespace Forge.Crm.Adapters.Http;

/// <summary>Reads the words that name an error in a platform's error body; never its messages, which quote values.</summary>
internal static class ErrorBody
{
    private const int LongestWord = 64;

    // HubSpot: category, subCategory, status (of OAuth), errorType and policyName (of limits); Pipedrive: code; RFC 6749: error.
    private static readonly string[] Words = ["category", "subCategory", "status", "errorType", "policyName", "code", "error"];

    public static (string Detail, string? Policy) Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return ("no category", null);
            var detail = string.Join(' ', Words.Select(name => Word(root, name)).OfType<string>().Where(word => word != "error").Distinct());
            return (detail.Length == 0 ? "no category" : detail, Word(root, "policyName"));
        }
        catch (JsonException)
        {
            return ("no category", null);
        }
    }

    private static string? Word(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= LongestWord } text
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-')
            ? text
            : null;
}
