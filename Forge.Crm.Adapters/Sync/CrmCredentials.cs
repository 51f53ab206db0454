namespace Forge.Crm;

/// <summary>What opens a tenant's account on a platform. Goes to the vault and nowhere else.</summary>
/// <param name="Secret">For HubSpot: the access token of a private app.</param>
/// <param name="WebhookSecret">What the platform signs its webhooks with, where that is not one for all tenants. For HubSpot: the private app's client secret.</param>
public sealed record CrmCredentials(string Secret, string? WebhookSecret = null)
{
    /// <summary>Never the secrets: a record's own text would carry them into a log.</summary>
    public override string ToString() => nameof(CrmCredentials);
}

/// <summary>A tenant's account on a platform, as the platform describes it.</summary>
/// <param name="PathKey">The part of the tenant's webhook address that nobody can guess; a secret like a password.</param>
/// <param name="TimeZone">IANA name; null where the platform does not say.</param>
/// <param name="Currency">ISO 4217; null where the platform does not say.</param>
public sealed record CrmConnection(string AccountId, string PathKey, string? TimeZone, string? Currency);
