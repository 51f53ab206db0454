using System.Text.Json;

namespace Forge.Crm.Adapters.OAuth;

/// <summary>What the vault holds of a grant for all workers: its tokens, or when the platform refused it.</summary>
internal sealed record StoredToken(OAuthToken? Token, DateTimeOffset? RefusedAt = null)
{
    // Long enough for every worker to hear that the connection is stopped; then whoever connects again with the same token may try.
    private static readonly TimeSpan RefusalCounts = TimeSpan.FromMinutes(1);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public bool IsRefused(DateTimeOffset now) => RefusedAt is { } at && now - at < RefusalCounts;

    public string Write() => JsonSerializer.Serialize(this, Json);

    /// <returns>Null where it is none: then the grant is begun anew, from the connection's own secret.</returns>
    public static StoredToken? Read(string? secret)
    {
        try
        {
            return secret is null ? null : JsonSerializer.Deserialize<StoredToken>(secret, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public override string ToString() => nameof(StoredToken);
}
