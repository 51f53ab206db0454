using System.Collections.Concurrent;
using System.Net;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Access tokens of accounts connected by OAuth: refreshed once by whoever needs one first, and kept until they are about to expire.</summary>
internal sealed class HubSpotTokens(IHubSpotApi api, IOptions<HubSpotOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Early = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan UsualLife = TimeSpan.FromMinutes(30);

    private readonly ConcurrentDictionary<(TenantId, string RefreshToken), Held> _held = [];

    /// <exception cref="CrmCallException"><c>IsUnauthorized</c>: HubSpot refuses the refresh token; the tenant has to connect again.</exception>
    public async ValueTask<string> AccessTokenAsync(TenantId tenant, HubSpotCredential credential, CancellationToken ct)
    {
        if (credential.RefreshToken is not { } refreshToken)
            return credential.AccessToken!;
        var held = _held.GetOrAdd((tenant, refreshToken), _ => new());
        if (held.Fresh(time.GetUtcNow()) is { } known)
            return known;
        await held.Turn.WaitAsync(ct);
        try
        {
            return held.Fresh(time.GetUtcNow()) ?? await RefreshAsync(tenant, refreshToken, held, ct);
        }
        finally
        {
            held.Turn.Release();
        }
    }

    /// <summary>Forgets a token that HubSpot refused before its time.</summary>
    /// <returns>Whether another one can be had.</returns>
    public bool TryForget(TenantId tenant, HubSpotCredential credential, string accessToken)
    {
        if (credential.RefreshToken is not { } refreshToken)
            return false;
        if (_held.TryGetValue((tenant, refreshToken), out var held))
            held.Forget(accessToken);
        return true;
    }

    private async Task<string> RefreshAsync(TenantId tenant, string refreshToken, Held held, CancellationToken ct)
    {
        var started = time.GetUtcNow();
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token",
            ["client_id"] = options.Value.OAuthClientId ?? throw new InvalidOperationException("HubSpot:OAuthClientId is not set."),
            ["client_secret"] = options.Value.OAuthClientSecret ?? options.Value.ClientSecret
                ?? throw new InvalidOperationException("HubSpot:OAuthClientSecret is not set."),
            ["refresh_token"] = held.RefreshToken ?? refreshToken,
        };
        try
        {
            var token = await api.RefreshAsync(options.Value.TokenPath, form, new(tenant, Platform.HubSpot, null, CallLane.Interactive), ct);
            if (string.IsNullOrEmpty(token.AccessToken))
                throw new CrmCallException(Platform.HubSpot, HttpStatusCode.OK, "the token answer has no token");
            // HubSpot gives the same one back today. A new one is only remembered here: the vault is not ours to write.
            held.RefreshToken = token.RefreshToken;
            held.Keep(token.AccessToken, started + (token.ExpiresIn is { } seconds ? TimeSpan.FromSeconds(seconds) : UsualLife) - Early);
            return token.AccessToken;
        }
        catch (CrmCallException e) when (e.Status == HttpStatusCode.BadRequest && IsRefused(e))
        {
            throw new CrmCallException(Platform.HubSpot, HttpStatusCode.Unauthorized, "the refresh token is refused");
        }
    }

    // A wrong client id or secret is also a 400, but connecting the tenant again would not mend that.
    private static bool IsRefused(CrmCallException e) =>
        e.Message.Contains("BAD_REFRESH_TOKEN", StringComparison.Ordinal) || e.Message.Contains("invalid_grant", StringComparison.Ordinal);

    private sealed class Held
    {
        private (string? Token, DateTimeOffset Until) _current;

        public SemaphoreSlim Turn { get; } = new(1, 1);

        public string? RefreshToken { get; set; }

        public string? Fresh(DateTimeOffset now)
        {
            lock (Turn)
                return now < _current.Until ? _current.Token : null;
        }

        public void Keep(string token, DateTimeOffset until)
        {
            lock (Turn)
                _current = (token, until);
        }

        public void Forget(string token)
        {
            lock (Turn)
                _current = _current.Token == token ? default : _current;
        }
    }
}
