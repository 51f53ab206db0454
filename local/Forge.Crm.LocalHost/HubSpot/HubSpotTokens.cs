using System.Security.Cryptography;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>A bearer token. Scopes null: all. No expiry: a private app's.</summary>
internal sealed record HubSpotToken(string Text, HubSpotAccount Account, string[]? Scopes, DateTimeOffset? ExpiresAt)
{
    public bool IsOAuth => ExpiresAt is not null;
}

/// <summary>All tokens that were issued, private ones and OAuth's.</summary>
internal sealed class HubSpotTokens(TimeProvider time, TimeSpan lifetime)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, HubSpotToken> access = [];
    private readonly Dictionary<string, HubSpotToken> refresh = [];
    private readonly Dictionary<string, (HubSpotAccount Account, string Redirect, DateTimeOffset Until)> codes = [];

    public void AddPrivate(string token, HubSpotAccount account, string[]? scopes)
    {
        lock (gate)
        {
            access[token] = new(token, account, scopes, null);
            NewRefreshToken(account, scopes);
        }
    }

    public HubSpotToken? FindAccess(string token)
    {
        lock (gate)
            return access.GetValueOrDefault(token);
    }

    public HubSpotToken? FindRefresh(string token)
    {
        lock (gate)
            return refresh.GetValueOrDefault(token);
    }

    /// <returns>A new access token; null when the refresh token is unknown or revoked.</returns>
    public HubSpotToken? Refresh(string refreshToken, bool rotate)
    {
        lock (gate)
        {
            if (!refresh.TryGetValue(refreshToken, out var granted))
                return null;
            if (rotate)
            {
                refresh.Remove(refreshToken);
                NewRefreshToken(granted.Account, granted.Scopes);
            }
            var token = new HubSpotToken(NewText(), granted.Account, granted.Scopes, time.GetUtcNow() + lifetime);
            access[token.Text] = token;
            return token;
        }
    }

    /// <summary>What the person who consents comes back with: works once, for five minutes, and only for the address that it was made for.</summary>
    public string NewCode(HubSpotAccount account, string redirect)
    {
        lock (gate)
        {
            var code = Guid.NewGuid().ToString();
            codes[code] = (account, redirect, time.GetUtcNow() + TimeSpan.FromMinutes(5));
            return code;
        }
    }

    /// <returns>The first access token of a new consent; null when the code is no good.</returns>
    public HubSpotToken? Exchange(string code, string redirect)
    {
        lock (gate)
        {
            if (!codes.Remove(code, out var made) || made.Redirect != redirect || made.Until <= time.GetUtcNow())
                return null;
            NewRefreshToken(made.Account, null);
            return Refresh(made.Account.RefreshToken, rotate: false);
        }
    }

    public void RevokeRefresh(string refreshToken)
    {
        lock (gate)
            refresh.Remove(refreshToken);
    }

    private static string NewText() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(48));

    private void NewRefreshToken(HubSpotAccount account, string[]? scopes)
    {
        account.RefreshToken = $"refresh-{account.PortalId}-{NewText()[..32]}";
        refresh[account.RefreshToken] = new(account.RefreshToken, account, scopes, null);
    }
}
