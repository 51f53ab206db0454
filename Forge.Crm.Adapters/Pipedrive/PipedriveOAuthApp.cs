using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// Our app in Pipedrive's Marketplace. What it may do is set there, not asked for; Pipedrive documents no PKCE: the client secret proves who
/// takes the code.
/// </summary>
internal sealed class PipedriveOAuthApp(PipedriveTokens tokens, IOptions<PipedriveOptions> options) : IOAuthApp
{
    public Platform Platform => Platform.Pipedrive;

    public Uri? ConsentAddress(string state, Uri redirect) => options.Value.OAuthClientId is not { } client ? null : new(
        new Uri(options.Value.OAuthAddress, "oauth/authorize")
        + new QueryBuilder { { "client_id", client }, { "redirect_uri", redirect.OriginalString }, { "state", state } }.ToString());

    public async Task<CrmCredentials> ExchangeAsync(TenantId tenant, string code, Uri redirect, CancellationToken ct) =>
        new((await tokens.ExchangeAsync(tenant, code, redirect, ct)).Write());

    public OAuthGrant? GrantOf(TenantId tenant, string secret) => PipedriveCredential.Parse(secret).GrantOf(tenant);
}
