using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Forge.Crm.Functions.Api;

/// <summary>Reads a request's body of JSON. A member that is not known is refused: a misspelt one would otherwise count as left out.</summary>
internal static class JsonBody
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    /// <returns>Null where it is no such JSON, or larger than allowed.</returns>
    public static async Task<T?> ReadAsync<T>(HttpRequest request, int maxBytes, CancellationToken ct)
        where T : class
    {
        if (request.ContentLength > maxBytes)
            return null;
        // Where no length was announced, no more is read than is allowed.
        var body = new byte[request.ContentLength ?? maxBytes + 1];
        var length = await request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, ct);
        if (length > maxBytes)
            return null;
        try
        {
            return JsonSerializer.Deserialize<T>(body.AsSpan(0, length), Strict);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
