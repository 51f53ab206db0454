using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Forge.Crm.Functions.Api;

/// <summary>Reads a request's body of JSON. A member that is not known is refused: a misspelt one would otherwise count as left out.</summary>
internal static class JsonBody
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    /// <returns>Null where it is no such JSON, larger than allowed, or of no announced length.</returns>
    public static async Task<T?> ReadAsync<T>(HttpRequest request, int maxBytes, CancellationToken ct)
        where T : class
    {
        if (request.ContentLength is not { } length || length > maxBytes)
            return null;
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, Strict, ct);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
