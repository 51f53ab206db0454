using System.Text.Json;

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

    public override string ToString() => ApiToken is null ? "refresh token" : "API token";
}
