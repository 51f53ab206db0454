using System.Net;
using System.Text;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>What opens an account: its user's API token, or an access token that its consent gives.</summary>
internal sealed class PipedriveTokens(IPipedriveApi api, OAuthTokens tokens, IOptions<PipedriveOptions> options, TimeProvider time)
{
    private const string OAuthHeader = "Authorization";

    private static readonly TimeSpan UsualLife = TimeSpan.FromMinutes(60);

    /// <exception cref="CrmCallException"><c>IsUnauthorized</c>: the refresh token is refused; the tenant has to connect again.</exception>
    /// <exception cref="FormatException">The secret names a host that is none of Pipedrive's.</exception>
    public async ValueTask<PipedriveAccess> AccessAsync(TenantId tenant, PipedriveCredential credential, CancellationToken ct)
    {
        if (credential.GrantOf(tenant) is not { } grant)
            return PipedriveAccess.ByApiToken(HostOf(credential.ApiDomain), credential.ApiToken!);
        var token = await tokens.GetAsync(grant, refreshToken => RefreshAsync(tenant, refreshToken, ct), ct);
        return PipedriveAccess.ByOAuth(HostOf(token.ApiDomain ?? credential.ApiDomain), token.AccessToken);
    }

    /// <summary>Forgets an access token that Pipedrive refused before its time.</summary>
    /// <returns>Whether another one can be had.</returns>
    public bool TryForget(TenantId tenant, PipedriveCredential credential, PipedriveAccess access)
    {
        if (credential.GrantOf(tenant) is not { } grant)
            return false;
        tokens.End(grant, access.AccessToken);
        return true;
    }

    /// <summary>Takes the code of a consent; its tokens are kept from then on.</summary>
    /// <exception cref="FormatException">The answer names a host that is none of Pipedrive's.</exception>
    public async Task<PipedriveCredential> ExchangeAsync(TenantId tenant, string code, Uri redirect, CancellationToken ct)
    {
        var form = new Dictionary<string, string> { ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = redirect.OriginalString };
        var token = await AskAsync(tenant, form, isRepeatable: false, ct);
        if (token.RefreshToken.Length == 0)
            throw PipedriveCaller.Unreadable("refresh token", "oauth/token");
        HostOf(token.ApiDomain);
        await tokens.KeepAsync(new(tenant, Platform.Pipedrive, token.RefreshToken), token, ct);
        return new(null, token.RefreshToken, token.ApiDomain);
    }

    private async Task<OAuthToken> RefreshAsync(TenantId tenant, string refreshToken, CancellationToken ct)
    {
        try
        {
            return await AskAsync(tenant, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken }, isRepeatable: true, ct);
        }
        catch (CrmCallException e) when (e.Status == HttpStatusCode.BadRequest && e.Message.Contains("invalid_grant", StringComparison.Ordinal))
        {
            // A wrong client id is an error of its own, and connecting the tenant again would not mend that.
            throw new CrmCallException(Platform.Pipedrive, HttpStatusCode.Unauthorized, "the refresh token is refused");
        }
        catch (CrmCallException e) when (e.IsUnauthorized)
        {
            // 401 invalid_client: ours to mend, not the tenant's.
            throw new CrmCallException(Platform.Pipedrive, HttpStatusCode.BadRequest, "our client id or secret is refused");
        }
    }

    private async Task<OAuthToken> AskAsync(TenantId tenant, Dictionary<string, string> form, bool isRepeatable, CancellationToken ct)
    {
        var started = time.GetUtcNow();
        var token = await api.RefreshAsync(form, Client(), new CrmCall(tenant, Platform.Pipedrive, [], CallLane.Interactive, isRepeatable), ct);
        return string.IsNullOrEmpty(token.AccessToken)
            ? throw PipedriveCaller.Unreadable("token", "oauth/token")
            : new(
                token.AccessToken, token.RefreshToken ?? form.GetValueOrDefault("refresh_token", ""),
                started + (token.ExpiresIn is { } seconds ? TimeSpan.FromSeconds(seconds) : UsualLife), token.ApiDomain);
    }

    // Unlike HubSpot's, the client's id and secret travel in a header.
    private PipedriveAccess Client()
    {
        var id = options.Value.OAuthClientId ?? throw new InvalidOperationException("Pipedrive:OAuthClientId is not set.");
        var secret = options.Value.OAuthClientSecret ?? throw new InvalidOperationException("Pipedrive:OAuthClientSecret is not set.");
        return new(options.Value.OAuthAddress, OAuthHeader, "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{id}:{secret}")));
    }

    /// <summary>A configured stand-in serves every account; else an account's own host, where it is one of Pipedrive's.</summary>
    private Uri HostOf(Uri? own) =>
        own is null || options.Value.BaseAddress.IsLoopback ? options.Value.BaseAddress
        : PipedriveHosts.IsAllowed(own, isLocal: false) ? own
        : throw new FormatException("The account's apiDomain is no host of pipedrive.com.");
}
