using System.Text.Json;

namespace Forge.Crm.Adapters.Http;

/// <summary>Reads the words that name an error in a platform's error body; never its messages, which quote values.</summary>
internal static class ErrorBody
{
    private const int LongestWord = 64;

    // In the order of what says most. HubSpot: category, status (OAuth), errorType (limits); Pipedrive: code; RFC 6749: error.
    private static readonly string[] Words = ["category", "status", "errorType", "code", "error"];

    public static (string Detail, string? Policy) Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                return ("no category", null);
            var detail = Words.Select(name => Word(root, name)).FirstOrDefault(word => word is not null and not "error") ?? "no category";
            var subject = Word(root, "subCategory");
            var policy = Word(root, "policyName");
            return (string.Join(' ', new[] { detail, subject, policy }.OfType<string>()), policy);
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
