using System.Text.Json;
using Forge.Crm.Adapters.Supabase;

namespace Forge.Crm;

/// <summary>What opens a tenant's account on a platform. Goes to the vault and nowhere else.</summary>
/// <param name="Secret">In the platform's own form, as the vault keeps it; see <see cref="PrivateApp"/> and <see cref="OAuth"/>.</param>
/// <param name="WebhookSecret">What the platform signs this account's webhooks with, where that is not one secret for all tenants.</param>
public sealed record CrmCredentials(string Secret, string? WebhookSecret = null)
{
    /// <summary>A HubSpot private app: its access token, which does not expire, and its client secret, which signs its webhooks.</summary>
    public static CrmCredentials PrivateApp(string accessToken, string? clientSecret = null) =>
        new(JsonSerializer.Serialize(new { accessToken }), clientSecret);

    /// <summary>An account that was connected through the installation's own HubSpot app.</summary>
    public static CrmCredentials OAuth(string refreshToken) => new(JsonSerializer.Serialize(new { refreshToken }));

    /// <summary>A Pipedrive user's API token, and the user and password that the account's webhooks are made with.</summary>
    /// <param name="webhookPassword">At least 16 characters: beside the address it is all that tells a webhook from a stranger's.</param>
    public static CrmCredentials ApiToken(string apiToken, string? webhookUser = null, string? webhookPassword = null)
    {
        if (webhookPassword is not null && (webhookPassword.Length < 16 || webhookUser?.Contains(':', StringComparison.Ordinal) != false))
            throw new ArgumentException("A webhook's password has at least 16 characters, and its user no colon.", nameof(webhookPassword));
        return new(JsonSerializer.Serialize(new { apiToken }), webhookPassword is null ? null : $"{webhookUser}:{webhookPassword}");
    }

    /// <summary>A Supabase project of the tenant's own: its address and secret key, and what its database webhooks show in <c>X-Forge-Secret</c>.</summary>
    /// <param name="url"><c>https://&lt;its reference&gt;.supabase.co</c></param>
    /// <param name="webhookSecret">At least 24 characters: beside the address it is all that tells a webhook from a stranger's.</param>
    public static CrmCredentials SupabaseProject(Uri url, string key, string? webhookSecret = null) =>
        SupabaseProjectHosts.ReferenceOf(url) is null ? throw new ArgumentException("A project's address is https://<its reference>.supabase.co", nameof(url))
        : webhookSecret is { Length: < SupabaseSecrets.MinBytes }
            ? throw new ArgumentException($"A webhook's secret has at least {SupabaseSecrets.MinBytes} characters.", nameof(webhookSecret))
            : new(JsonSerializer.Serialize(new { url, key }), webhookSecret);

    /// <summary>Never the secrets: a record's own text would carry them into a log.</summary>
    public override string ToString() => nameof(CrmCredentials);
}

/// <summary>A tenant's account on a platform, as the platform describes it.</summary>
/// <param name="PathKey">The part of the tenant's webhook address that nobody can guess; a secret like a password.</param>
/// <param name="TimeZone">IANA name; null where the platform does not say.</param>
/// <param name="Currency">ISO 4217; null where the platform does not say.</param>
public sealed record CrmConnection(string AccountId, string PathKey, string? TimeZone, string? Currency);
