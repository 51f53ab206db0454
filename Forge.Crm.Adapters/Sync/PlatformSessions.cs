using System.Collections.Concurrent;
using System.Collections.Immutable;
using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Opens tenants' accounts: settings, secret, lookups. All of it is kept for seconds, so that a batch does not start with five queries.</summary>
internal sealed class PlatformSessions(
    SyncConfigs configs, LookupStore lookups, ISecretStore secrets, IEnumerable<ICrmConnector> connectors, TimeProvider clock, NoticeRings? notices = null)
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(10);

    private readonly ImmutableDictionary<Platform, ICrmConnector> _connectors = connectors.ToImmutableDictionary(c => c.Platform);
    private readonly ConcurrentDictionary<(TenantId, Platform, CallLane), (DateTimeOffset Until, PlatformSession Session, TenantShapes Shapes)> _cache = [];

    /// <returns>Null where the tenant does not sync with that platform now: not connected, disabled, paused, waiting for a new token or for its match plan, its secret out of reach, or with strategies that cannot be read.</returns>
    /// <param name="isForPlan">Also while the platform waits for its match plan: for the jobs that make and settle it.</param>
    public async Task<PlatformSession?> OpenAsync(TenantId tenant, Platform platform, CallLane lane, CancellationToken ct, bool isForPlan = false)
    {
        if (await configs.OfAsync(tenant, ct) is not { IsActive: true } tenantConfig
            || tenantConfig.Of(platform) is not { IsRunning: true, SecretRef: { } secretRef } config
            || !(config.IsOpen || isForPlan)
            || !_connectors.TryGetValue(platform, out var registered))
            return null;
        var (key, shapes) = ((tenant, platform, lane), tenantConfig.Shapes);
        if (_cache.TryGetValue(key, out var held) && held.Until > clock.GetUtcNow() && held.Session.Config.SecretRef == secretRef
            && held.Session.Config.Mapping == config.Mapping && held.Shapes == shapes)
            return held.Session;
        if (await SecretAsync(tenant, platform, secretRef, ct) is not { } secret)
            return null;
        var connector = registered.Of(config.Mapping, shapes.Of);
        var session = new PlatformSession(
            tenant, connector, connector.Open(tenant, secret, lane), config, tenantConfig.PolicyOf(config), shapes.Of,
            await lookups.LoadAsync(tenant, platform, tenantConfig.Locale, ct));
        _cache[key] = (clock.GetUtcNow() + Kept, session, shapes);
        return session;
    }

    // The vault itself says so, in the log and as a metric; what is due waits where it is.
    private async Task<string?> SecretAsync(TenantId tenant, Platform platform, string secretRef, CancellationToken ct)
    {
        try
        {
            return await secrets.GetAsync(secretRef, ct);
        }
        catch (SecretUnavailableException)
        {
            if (notices is not null)
                await notices.PostAsync(tenant, SystemNotices.VaultSilent(platform, clock.GetUtcNow()), ct);
            return null;
        }
    }

    public void Forget(TenantId tenant)
    {
        configs.Forget(tenant);
        foreach (var key in _cache.Keys.Where(key => key.Item1 == tenant))
            _cache.TryRemove(key, out _);
    }
}
