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
    private readonly Dictionary<string, (PipedriveAccount Account, string Redirect, DateTimeOffset Until)> codes = [];

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

    /// <summary>What the person who consents comes back with: works once, for five minutes, and only for the address that it was made for.</summary>
    public string NewCode(PipedriveAccount account, string redirect)
    {
        lock (gate)
        {
            var code = NewText()[..40];
            codes[code] = (account, redirect, time.GetUtcNow() + TimeSpan.FromMinutes(5));
            return code;
        }
    }

    /// <returns>The first access token of a new consent; null when the code is no good.</returns>
    public PipedriveToken? Exchange(string code, string redirect)
    {
        lock (gate)
        {
            if (!codes.Remove(code, out var made) || made.Redirect != redirect || made.Until <= time.GetUtcNow())
                return null;
            made.Account.RefreshToken = $"{made.Account.CompanyId}:{NewText()[..40]}";
            refresh[made.Account.RefreshToken] = made.Account;
            return Refresh(made.Account.RefreshToken);
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
