using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>OAuth, as far as an app needs it: consent, refresh, introspection, revocation. All parameters come in the body.</summary>
internal sealed class HubSpotOAuth(HubSpotTokens tokens, HubSpotSimulatorOptions options)
{
    private static readonly string[] AllScopes =
    [
        "crm.objects.contacts.read", "crm.objects.contacts.write", "crm.objects.companies.read", "crm.objects.companies.write",
        "crm.objects.deals.read", "crm.objects.deals.write", "crm.objects.leads.read", "crm.objects.leads.write", "crm.objects.owners.read", "oauth",
    ];

    // Fields of the signed token that the description requires and nobody reads.
    private static readonly string[] Unused =
        ["scopes", "signature", "newSignature", "scopeToScopeGroupPks", "trialScopes", "trialScopeToScopeGroupPks", "audience"];

    public int Token(IFormCollection form, Utf8JsonWriter json)
    {
        CheckClient(form);
        var token = form["grant_type"].ToString() switch
        {
            "refresh_token" => tokens.Refresh(form["refresh_token"].ToString(), options.Faults.RotateRefreshTokens)
                ?? throw Refused("invalid_grant", "BAD_REFRESH_TOKEN", "missing or invalid refresh token"),
            "authorization_code" => tokens.Exchange(form["code"].ToString(), form["redirect_uri"].ToString())
                ?? throw Refused("invalid_grant", "BAD_AUTH_CODE", "missing or invalid auth code"),
            _ => throw Refused("unsupported_grant_type", "BAD_GRANT_TYPE", "grant_type must be refresh_token or authorization_code"),
        };
        json.WriteStartObject();
        json.WriteString("token_type", "bearer");
        json.WriteString("refresh_token", token.Account.RefreshToken);
        json.WriteString("access_token", token.Text);
        json.WriteNumber("expires_in", (long)options.AccessTokenLifetime.TotalSeconds);
        json.WriteNumber("hub_id", token.Account.PortalId);
        WriteScopes(json, token);
        json.WriteNumber("user_id", 9001);
        json.WriteString("token_use", "access_token");
        json.WriteEndObject();
        return 200;
    }

    public int Introspect(IFormCollection form, Utf8JsonWriter json)
    {
        CheckClient(form);
        var text = form["token"].ToString();
        var isRefresh = form["token_type_hint"] == "refresh_token" || tokens.FindAccess(text) is null;
        var token = isRefresh ? tokens.FindRefresh(text) : tokens.FindAccess(text);
        json.WriteStartObject();
        if (token is null || (token.IsOAuth && SecondsLeft(token) <= 0))
            json.WriteBoolean("active", false);
        else
            WriteToken(json, token, isRefresh, SecondsLeft(token));
        json.WriteEndObject();
        return 200;
    }

    /// <summary>Version 1 asks with the token in the path.</summary>
    public int Describe(string token, bool isRefresh, Utf8JsonWriter json)
    {
        var found = (isRefresh ? tokens.FindRefresh(token) : tokens.FindAccess(token)) ?? throw HubSpotProblem.NotFound("invalid token");
        json.WriteStartObject();
        WriteToken(json, found, isRefresh, SecondsLeft(found));
        json.WriteEndObject();
        return 200;
    }

    public int Revoke(IFormCollection form, Utf8JsonWriter json)
    {
        CheckClient(form);
        tokens.RevokeRefresh(form["token"].ToString());
        return 200;
    }

    private static HubSpotProblem Refused(string error, string status, string message) => new(400, "VALIDATION_ERROR", message)
    {
        Extra = new() { ["status"] = status, ["error"] = error, ["error_description"] = message },
    };

    private void CheckClient(IFormCollection form)
    {
        if (form["client_id"] != options.ClientId || form["client_secret"] != options.ClientSecret)
            throw Refused("invalid_client", "BAD_CLIENT_ID", "missing or invalid client id or client secret");
    }

    private long SecondsLeft(HubSpotToken token) => (long)((token.ExpiresAt - options.Time.GetUtcNow())?.TotalSeconds ?? 0);

    private void WriteToken(Utf8JsonWriter json, HubSpotToken token, bool isRefresh, long secondsLeft)
    {
        json.WriteBoolean("active", true);
        json.WriteString("token", token.Text);
        json.WriteString("token_type", "bearer");
        json.WriteString("token_use", isRefresh ? "refresh_token" : "access_token");
        json.WriteString("client_id", options.ClientId);
        json.WriteNumber("app_id", options.AppId);
        json.WriteNumber("hub_id", token.Account.PortalId);
        json.WriteString("hub_domain", $"portal-{token.Account.PortalId}.example");
        json.WriteNumber("user_id", 9001);
        json.WriteString("user", "admin@example.com");
        WriteScopes(json, token);
        if (isRefresh)
            return;
        json.WriteNumber("expires_in", secondsLeft);
        json.WriteBoolean("is_private_distribution", true);
        WriteSignedToken(json, token);
    }

    private void WriteSignedToken(Utf8JsonWriter json, HubSpotToken token)
    {
        json.WriteStartObject("signed_access_token");
        json.WriteNumber("expiresAt", (token.ExpiresAt ?? DateTimeOffset.UnixEpoch).ToUnixTimeMilliseconds());
        foreach (var name in Unused)
            json.WriteString(name, "");
        json.WriteString("hublet", "eu1");
        json.WriteString("appInstallId", "1");
        json.WriteNumber("hubId", token.Account.PortalId);
        json.WriteNumber("userId", 9001);
        json.WriteNumber("installingUserId", 9001);
        json.WriteNumber("appId", options.AppId);
        json.WriteBoolean("isUserLevel", false);
        json.WriteBoolean("isPrivateDistribution", true);
        json.WriteBoolean("isServiceAccount", false);
        json.WriteEndObject();
    }

    private static void WriteScopes(Utf8JsonWriter json, HubSpotToken token)
    {
        json.WriteStartArray("scopes");
        foreach (var scope in token.Scopes ?? AllScopes)
            json.WriteStringValue(scope);
        json.WriteEndArray();
    }
}
