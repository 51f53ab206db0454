using System.Collections.Immutable;
using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Our app at HubSpot. HubSpot documents no PKCE for it: the client secret proves who takes the code.</summary>
internal sealed class HubSpotOAuthApp(HubSpotTokens tokens, IOptions<HubSpotOptions> options) : IOAuthApp
{
    /// <summary>
    /// What the app asks for: records both ways (activities and tasks go by the contacts' scopes), owners, and the right to add our own unique
    /// property. The project file declares the same; a scope that is asked for and not declared fails the installation.
    /// </summary>
    public static readonly ImmutableArray<string> Scopes =
    [
        "oauth",
        "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.companies.read", "crm.objects.companies.write",
        "crm.objects.deals.read", "crm.objects.deals.write", "crm.objects.owners.read",
        "crm.schemas.contacts.read", "crm.schemas.contacts.write", "crm.schemas.companies.read", "crm.schemas.companies.write",
        "crm.schemas.deals.read", "crm.schemas.deals.write",
        "sales-email-read",
    ];

    /// <summary>What an account that has no leads does without: HubSpot leaves them out of the consent there.</summary>
    public static readonly ImmutableArray<string> OptionalScopes = ["crm.objects.leads.read", "crm.objects.leads.write"];

    public Platform Platform => Platform.HubSpot;

    public Uri? ConsentAddress(string state, Uri redirect) => options.Value.OAuthClientId is not { } client ? null : new(
        options.Value.ConsentAddress + new QueryBuilder
        {
            { "client_id", client }, { "redirect_uri", redirect.OriginalString }, { "scope", string.Join(' ', Scopes) },
            { "optional_scope", string.Join(' ', OptionalScopes) }, { "state", state },
        }.ToString());

    public async Task<CrmCredentials> ExchangeAsync(TenantId tenant, string code, Uri redirect, CancellationToken ct) =>
        CrmCredentials.OAuth(await tokens.ExchangeAsync(tenant, code, redirect, ct));

    public OAuthGrant? GrantOf(TenantId tenant, string secret) => HubSpotCredential.Parse(secret).GrantOf(tenant);
}
