using System.Security.Cryptography;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>What opens an account. No expiry: a user's API token.</summary>
internal sealed record PipedriveToken(string Text, PipedriveAccount Account, DateTimeOffset? ExpiresAt)
{
    public bool IsOAuth => ExpiresAt is not null;
}

/// <summary>All tokens that were issued, API tokens and OAuth's.</summary>
internal sealed class PipedriveTokens(TimeProvider time, TimeSpan lifetime)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, PipedriveToken> access = [];
    private readonly Dictionary<string, PipedriveAccount> refresh = [];

    public void Add(string apiToken, PipedriveAccount account)
    {
        lock (gate)
        {
            access[apiToken] = new(apiToken, account, null);
            account.RefreshToken = $"{account.CompanyId}:{NewText()[..40]}";
            refresh[account.RefreshToken] = account;
        }
    }

    public PipedriveToken? Find(string token)
    {
        lock (gate)
            return access.GetValueOrDefault(token);
    }

    /// <returns>A new access token; null when the refresh token is unknown or revoked. The refresh token stays the same.</returns>
    public PipedriveToken? Refresh(string refreshToken)
    {
        lock (gate)
        {
            if (!refresh.TryGetValue(refreshToken, out var account))
                return null;
            var token = new PipedriveToken($"v1u:{NewText()}", account, time.GetUtcNow() + lifetime);
            return access[token.Text] = token;
        }
    }

    public void Revoke(string refreshToken)
    {
        lock (gate)
            refresh.Remove(refreshToken);
    }

    /// <summary>Ends all access tokens of an account at once, as installing the app anew does.</summary>
    public void EndAccess(PipedriveAccount account)
    {
        lock (gate)
        {
            foreach (var token in access.Values.Where(token => token.IsOAuth && token.Account == account).ToArray())
                access.Remove(token.Text);
        }
    }

    private static string NewText() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(48));
}
