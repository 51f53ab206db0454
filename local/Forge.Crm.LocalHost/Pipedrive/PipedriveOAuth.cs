using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>OAuth, as far as an app needs it: consent and refresh. The client's id and secret come in Basic authentication.</summary>
internal sealed class PipedriveOAuth(PipedriveTokens tokens, PipedriveSimulatorOptions options)
{
    public JsonObject Token(HttpRequest request, IFormCollection form)
    {
        var client = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.ClientId}:{options.ClientSecret}"));
        if (request.Headers.Authorization != $"Basic {client}")
            throw new PipedriveProblem(401, "invalid_client");
        var token = form["grant_type"].ToString() switch
        {
            "refresh_token" => tokens.Refresh(form["refresh_token"].ToString()),
            "authorization_code" => tokens.Exchange(form["code"].ToString(), form["redirect_uri"].ToString()),
            _ => throw new PipedriveProblem(400, "unsupported_grant_type"),
        } ?? throw new PipedriveProblem(400, "invalid_grant");
        return new()
        {
            ["access_token"] = token.Text,
            ["token_type"] = "Bearer",
            ["refresh_token"] = token.Account.RefreshToken,
            ["scope"] = "base deals:full contacts:full activities:full leads:full webhooks:full users:read",
            ["expires_in"] = (int)options.AccessTokenLifetime.TotalSeconds,
            ["api_domain"] = $"https://{token.Account.Domain}.pipedrive.com",
        };
    }
}
