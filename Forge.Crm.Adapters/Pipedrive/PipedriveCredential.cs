using System.Text.Json;
using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// What the vault holds for an account: <c>{"apiToken":"..."}</c> of a user, which does not expire, or <c>{"refreshToken":"..."}</c> of an
/// account connected by OAuth. Either may name the account's own host, <c>"apiDomain":"https://acme.pipedrive.com"</c>.
/// </summary>
internal sealed record PipedriveCredential(string? ApiToken, string? RefreshToken, Uri? ApiDomain = null)
{
    /// <exception cref="FormatException">The secret is neither of the two; the message does not quote it.</exception>
    public static PipedriveCredential Parse(string secret)
    {
        try
        {
            if (JsonSerializer.Deserialize(secret, PipedriveJson.Default.PipedriveCredential) is { } credential
                && string.IsNullOrEmpty(credential.ApiToken) != string.IsNullOrEmpty(credential.RefreshToken))
            {
                return credential;
            }
        }
        catch (JsonException)
        {
            // Below: a parser's message may quote what it could not read.
        }

        throw new FormatException("A Pipedrive secret is {\"apiToken\":\"...\"} or {\"refreshToken\":\"...\"}.");
    }

    /// <returns>Null for an API token.</returns>
    public OAuthGrant? GrantOf(TenantId tenant) => RefreshToken is { } token ? new(tenant, Platform.Pipedrive, token) : null;

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public string Write() => JsonSerializer.Serialize(this, PipedriveJson.Default.PipedriveCredential);

    public override string ToString() => ApiToken is null ? "refresh token" : "API token";
}
