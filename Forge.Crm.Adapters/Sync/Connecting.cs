using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Connects a tenant with its account on a platform: asks, keeps, writes, in this order.</summary>
internal sealed partial class Connecting(
    ConnectionStore connections, PlatformSessions sessions, IEnumerable<ICrmConnector> connectors, ISecretStore secrets, ConnectionWebhooks webhooks,
    TimeProvider clock, ILogger<Connecting> logger)
{
    private const int SuffixBytes = 4;

    // Deliveries that were signed with the secret before are still under way, or come from what nobody has changed yet.
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(1);

    /// <param name="person">As their token names them; null for the system.</param>
    /// <exception cref="CrmConnectException">The platform refuses the credentials, or the tenant has connected another account of it; nothing was kept.</exception>
    /// <exception cref="CrmCallException">The platform could not be asked.</exception>
    public async Task<CrmConnection> ConnectAsync(TenantId tenant, Platform platform, CrmCredentials credentials, string? person, CancellationToken ct)
    {
        var account = await DescribeAsync(tenant, platform, credentials.Secret, ct);
        var held = await connections.FindAsync(tenant, platform, ct);
        if (held is not null && held.AccountId != account.Id)
            throw new CrmConnectException($"The tenant's records are linked to {platform} account {held.AccountId}; these credentials open account {account.Id}.");
        // Only now: credentials that do not work must not take the place of those that do.
        var secretRef = await KeepSecretAsync(tenant, platform, held?.SecretRef, credentials.Secret, ct);
        var webhookRef = await KeepWebhookSecretAsync(tenant, platform, held?.WebhookSecretRef, credentials.WebhookSecret, ct);
        await connections.ConnectAsync(tenant, platform, account, secretRef, webhookRef, person, ct);
        await connections.AdoptAsync(tenant, account, ct);
        sessions.Forget(tenant);
        if (held?.SecretRef is { } old && old != secretRef)
            await ForgetSecretAsync(old, ct);
        await webhooks.TryEnsureAsync(tenant, platform, ct);
        var connection = await connections.FindAsync(tenant, platform, ct)
            ?? throw new CrmConnectException("The connection was removed while it was made.");
        return new(connection.AccountId, connection.PathKey, account.TimeZone, account.Currency);
    }

    /// <summary>Asks the platform whose account the credentials open.</summary>
    /// <exception cref="CrmConnectException">It refuses them.</exception>
    public async Task<RemoteAccount> DescribeAsync(TenantId tenant, Platform platform, string secret, CancellationToken ct)
    {
        var connector = connectors.FirstOrDefault(connector => connector.Platform == platform)
            ?? throw new CrmConnectException($"{platform} cannot be connected in this installation.");
        try
        {
            return await connector.Open(tenant, secret, CallLane.Interactive).DescribeAsync(ct);
        }
        catch (CrmCallException e) when (!e.IsTransient)
        {
            throw new CrmConnectException($"{platform} refuses the credentials: {e.Message}", e);
        }
        catch (FormatException e)
        {
            throw new CrmConnectException($"These are no credentials of {platform}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Other credentials have a name of their own: every worker reads the new ones as soon as it hears of the name, whatever its vault's cache
    /// holds, and what is refused of the old ones says nothing of the new.
    /// </summary>
    private async Task<string> KeepSecretAsync(TenantId tenant, Platform platform, string? held, string secret, CancellationToken ct)
    {
        if (held is not null && await secrets.GetLatestAsync(held, ct) == secret)
            return held;
        var name = $"{NameOf(tenant, platform)}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SuffixBytes))}";
        await secrets.SetAsync(name, secret, ct);
        return name;
    }

    private async Task<string?> KeepWebhookSecretAsync(TenantId tenant, Platform platform, string? held, string? given, CancellationToken ct)
    {
        if (given is null && (held is not null || !webhooks.AreMadeFor(platform)))
            return held;
        var name = held ?? $"{NameOf(tenant, platform)}-webhook";
        var secret = given ?? ConnectionWebhooks.NewSecret();
        var before = held is null ? null : await secrets.GetLatestAsync(held, ct);
        if (before == secret)
            return name;
        await secrets.SetAsync(name, before is null or ['{', ..] ? secret : Rotated(secret, before), ct);
        return name;
    }

    // The form that the intake reads while a webhook's secret is being rotated.
    private string Rotated(string current, string previous) => JsonSerializer.Serialize(
        new { current, previous, previousUntil = (clock.GetUtcNow() + Overlap).ToString("O", CultureInfo.InvariantCulture) });

    private async Task ForgetSecretAsync(string name, CancellationToken ct)
    {
        try
        {
            await secrets.DeleteAsync(name, ct);
        }
        catch (SecretUnavailableException e)
        {
            NotDeleted(logger, name, e.Message);
        }
    }

    internal static string NameOf(TenantId tenant, Platform platform) => $"tenant-{tenant}-{platform.ToName().Replace('_', '-')}";

    [LoggerMessage(LogLevel.Warning, "The credentials {Name} are used no more, and are still in the vault: {Reason}")]
    private static partial void NotDeleted(ILogger logger, string name, string reason);
}
