using System.Text.Json;
using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>
/// What the vault holds for an account: <c>{"accessToken":"..."}</c> of a private app, which does not expire, or
/// <c>{"refreshToken":"..."}</c> of an account connected by OAuth.
/// </summary>
internal sealed record HubSpotCredential(string? AccessToken, string? RefreshToken)
{
    /// <exception cref="FormatException">The secret is neither of the two; the message does not quote it.</exception>
    public static HubSpotCredential Parse(string secret)
    {
        try
        {
            if (JsonSerializer.Deserialize(secret, HubSpotJson.Default.HubSpotCredential) is { } credential
                && string.IsNullOrEmpty(credential.AccessToken) != string.IsNullOrEmpty(credential.RefreshToken))
            {
                return credential;
            }
        }
        catch (JsonException)
        {
            // Below: a parser's message may quote what it could not read.
        }

        throw new FormatException("A HubSpot secret is {\"accessToken\":\"...\"} or {\"refreshToken\":\"...\"}.");
    }

    /// <returns>Null for a private app.</returns>
    public OAuthGrant? GrantOf(TenantId tenant) => RefreshToken is { } token ? new(tenant, Platform.HubSpot, token) : null;

    public override string ToString() => AccessToken is null ? "refresh token" : "access token";
}
