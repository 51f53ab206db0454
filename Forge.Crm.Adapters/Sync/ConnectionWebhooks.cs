using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Forge.Crm.Adapters.Intake;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.Sync;

/// <summary>The webhooks of connections, on platforms where we make them. Without an address to deliver to, none is made.</summary>
internal sealed partial class ConnectionWebhooks(
    ConnectionStore connections, SyncStates states, IEnumerable<ICrmWebhooks> platforms, ISecretStore secrets, IOptions<IntakeOptions> options,
    ILogger<ConnectionWebhooks> logger)
{
    private const int SecretBytes = 32;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The platforms where they are made.</summary>
    public IEnumerable<Platform> Platforms => options.Value.PublicBaseUrl is null ? [] : platforms.Select(webhooks => webhooks.Platform);

    public bool AreMadeFor(Platform platform) => Platforms.Contains(platform);

    /// <summary>A user and a password that nobody can guess.</summary>
    public static string NewSecret() => $"forge:{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))}";

    /// <summary>Makes what is missing. Whatever was not told because of it, or because deliveries fail, is left to a sweep.</summary>
    /// <returns>Null where there is nothing to be made: not connected, or only written to.</returns>
    /// <exception cref="CrmCallException">The platform refuses, or could not be asked.</exception>
    public async Task<WebhookCheck?> EnsureAsync(TenantId tenant, Platform platform, CancellationToken ct)
    {
        if (!AreMadeFor(platform) || await connections.FindAsync(tenant, platform, ct) is not { SecretRef: { } secretRef, WebhookSecretRef: { } webhookRef } connection
            || connection.Direction == SyncDirection.Write.ToName()
            || await secrets.GetAsync(secretRef, ct) is not { } secret || Shown(await secrets.GetAsync(webhookRef, ct)) is not [var user, var password])
            return null;
        var (there, address) = (On(platform), AddressOf(platform, connection.PathKey)!);
        var check = await there.CheckAsync(tenant, secret, address, ct);
        // First: once they are made nothing shows any more that they were missing.
        if (check.MayHaveLost)
            await states.WantSweepAsync(tenant, platform, check.IsFailing, ct);
        await there.MakeAsync(tenant, secret, new(address, user, password), check.Missing, ct);
        return check;
    }

    /// <summary>The same where a failure is no reason to stop: the daily check tries again, and until then the connection is read at its interval.</summary>
    public async Task TryEnsureAsync(TenantId tenant, Platform platform, CancellationToken ct)
    {
        try
        {
            await EnsureAsync(tenant, platform, ct);
        }
        catch (Exception e) when (e is CrmCallException or SecretUnavailableException)
        {
            NotMade(logger, platform, tenant, e.Message);
        }
    }

    /// <summary>Takes them away, where the platform still lets us.</summary>
    public async Task TryRemoveAsync(TenantId tenant, Platform platform, StoredConnection connection, string secret, CancellationToken ct)
    {
        if (!AreMadeFor(platform))
            return;
        try
        {
            await On(platform).RemoveAsync(tenant, secret, AddressOf(platform, connection.PathKey)!, ct);
        }
        catch (CrmCallException e)
        {
            NotRemoved(logger, platform, tenant, e.Message);
        }
    }

    private ICrmWebhooks On(Platform platform) => platforms.First(webhooks => webhooks.Platform == platform);

    /// <returns>Null where no webhooks come in.</returns>
    public Uri? AddressOf(Platform platform, string pathKey) =>
        options.Value.PublicBaseUrl is { } ours ? new($"{ours.TrimEnd('/')}/webhooks/{platform.ToName().Replace('_', '-')}/{pathKey}") : null;

    // As the intake reads it: user:password, or while it is rotated {"current":"user:password", …}
    private static string[]? Shown(string? stored) =>
        (stored?.StartsWith('{') == true ? JsonSerializer.Deserialize<Rotation>(stored, Json)?.Current : stored)?.Split(':', 2);

    private sealed record Rotation(string? Current);

    [LoggerMessage(LogLevel.Error, "Webhooks of {Platform} could not be made for tenant {Tenant}: {Reason}")]
    private static partial void NotMade(ILogger logger, Platform platform, TenantId tenant, string reason);

    [LoggerMessage(LogLevel.Warning, "Webhooks of {Platform} of tenant {Tenant} could not be taken away; they will be refused: {Reason}")]
    private static partial void NotRemoved(ILogger logger, Platform platform, TenantId tenant, string reason);
}
