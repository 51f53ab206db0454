using System.Net;
using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>What opens an account: its private app's token, or an access token that its consent gives.</summary>
internal sealed class HubSpotTokens(IHubSpotApi api, OAuthTokens tokens, IOptions<HubSpotOptions> options, TimeProvider time)
{
    private static readonly TimeSpan UsualLife = TimeSpan.FromMinutes(30);

    /// <exception cref="CrmCallException"><c>IsUnauthorized</c>: HubSpot refuses the refresh token; the tenant has to connect again.</exception>
    public async ValueTask<string> AccessTokenAsync(TenantId tenant, HubSpotCredential credential, CancellationToken ct) =>
        credential.GrantOf(tenant) is { } grant
            ? (await tokens.GetAsync(grant, token => RefreshAsync(tenant, token, ct), ct)).AccessToken
            : credential.AccessToken!;

    /// <summary>Forgets a token that HubSpot refused before its time.</summary>
    /// <returns>Whether another one can be had.</returns>
    public bool TryForget(TenantId tenant, HubSpotCredential credential, string accessToken)
    {
        if (credential.GrantOf(tenant) is not { } grant)
            return false;
        tokens.End(grant, accessToken);
        return true;
    }

    /// <summary>Takes the code of a consent; its tokens are kept from then on.</summary>
    /// <returns>The refresh token.</returns>
    public async Task<string> ExchangeAsync(TenantId tenant, string code, Uri redirect, CancellationToken ct)
    {
        var form = Form("authorization_code");
        (form["redirect_uri"], form["code"]) = (redirect.OriginalString, code);
        var token = await AskAsync(tenant, form, isRepeatable: false, ct);
        if (token.RefreshToken.Length == 0)
            throw HubSpotCaller.Unreadable("refresh token", options.Value.TokenPath);
        await tokens.KeepAsync(new(tenant, Platform.HubSpot, token.RefreshToken), token, ct);
        return token.RefreshToken;
    }

    private async Task<OAuthToken> RefreshAsync(TenantId tenant, string refreshToken, CancellationToken ct)
    {
        var form = Form("refresh_token");
        form["refresh_token"] = refreshToken;
        try
        {
            return await AskAsync(tenant, form, isRepeatable: true, ct);
        }
        catch (CrmCallException e) when (e.Status == HttpStatusCode.BadRequest && IsRefused(e))
        {
            throw new CrmCallException(Platform.HubSpot, HttpStatusCode.Unauthorized, "the refresh token is refused");
        }
    }

    private Dictionary<string, string> Form(string grantType) => new()
    {
        ["grant_type"] = grantType,
        ["client_id"] = options.Value.OAuthClientId ?? throw new InvalidOperationException("HubSpot:OAuthClientId is not set."),
        ["client_secret"] = options.Value.OAuthClientSecret ?? options.Value.ClientSecret
            ?? throw new InvalidOperationException("HubSpot:OAuthClientSecret is not set."),
    };

    private async Task<OAuthToken> AskAsync(TenantId tenant, Dictionary<string, string> form, bool isRepeatable, CancellationToken ct)
    {
        var started = time.GetUtcNow();
        var token = await api.RefreshAsync(options.Value.TokenPath, form, new(tenant, Platform.HubSpot, [], CallLane.Interactive, isRepeatable), ct);
        return string.IsNullOrEmpty(token.AccessToken)
            ? throw HubSpotCaller.Unreadable("token", options.Value.TokenPath)
            : new(
                token.AccessToken, token.RefreshToken ?? form.GetValueOrDefault("refresh_token", ""),
                started + (token.ExpiresIn is { } seconds ? TimeSpan.FromSeconds(seconds) : UsualLife));
    }

    // A wrong client id or secret is also a 400, but connecting the tenant again would not mend that.
    private static bool IsRefused(CrmCallException e) =>
        e.Message.Contains("BAD_REFRESH_TOKEN", StringComparison.Ordinal) || e.Message.Contains("invalid_grant", StringComparison.Ordinal);
}
