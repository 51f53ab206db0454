using System.Security.Cryptography;
using System.Text;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.OAuth;

/// <summary>A person's consent: the refresh token that it gave, as the connection's secret holds it.</summary>
internal sealed record OAuthGrant(TenantId Tenant, Platform Platform, string RefreshToken)
{
    private const int DigestChars = 16;

    /// <summary>
    /// The vault's name for what the grant has become since: each has one of its own, so that a refresh of the last consent that comes late
    /// cannot overwrite the next one's tokens.
    /// </summary>
    public string SecretName =>
        $"tenant-{Tenant}-{Platform.ToName()}-token-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(RefreshToken)))[..DigestChars]}".Replace('_', '-');

    /// <summary>Never the token: a record's own text would carry it into a log.</summary>
    public override string ToString() => nameof(OAuthGrant);
}

/// <summary>What a platform gave for a grant. Goes to the vault and nowhere else.</summary>
/// <param name="RefreshToken">The one to use next: the same again, or, where the platform rotates them, a new one.</param>
/// <param name="Until">When the access token ends.</param>
/// <param name="ApiDomain">The account's own host, where the platform has such.</param>
internal sealed record OAuthToken(string AccessToken, string RefreshToken, DateTimeOffset Until, Uri? ApiDomain = null)
{
    public override string ToString() => nameof(OAuthToken);
}
