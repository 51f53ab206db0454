using System.Collections.Concurrent;
using System.Collections.Immutable;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>A tenant's conventions and its settings for every platform.</summary>
internal sealed record TenantConfig(TenantLocale Locale, bool IsActive, ImmutableArray<SyncConfig> Platforms)
{
    public SyncConfig? Of(Platform platform) => Platforms.FirstOrDefault(config => config.Platform == platform);

    /// <summary>The tenant's fields.</summary>
    public TenantShapes Shapes { get; init; } = TenantShapes.Standard;

    /// <summary>
    /// The rules for one platform. A person's decision needs no strategy, so one that cannot be read does not stand in its way. A platform that
    /// waits for its match plan is no target of the others; its own first load queues what it finds due.
    /// </summary>
    public SyncPolicy PolicyOf(SyncConfig config) => new(
        config.Platform, Locale, config.Strategies ?? Strategies.Default, config.TakesIn ? config.OnDelete : DeletePolicy.Ignore,
        [.. Platforms
            .Where(other => other is { IsEnabled: true, Direction: not SyncDirection.Read } && (other.IsOpen || other.Platform == config.Platform))
            .Select(other => new PushTarget(other.Platform, [.. other.Kinds]))])
    {
        TakesIn = config.TakesIn,
    };
}

/// <summary>Reads settings; keeps them for some seconds, so that a burst of batches asks once and a change is in force soon.</summary>
internal sealed partial class SyncConfigs(TenantDatabase database, TimeProvider clock, ILogger<SyncConfigs> logger)
{
    private const string Select = """
        select t.time_zone, t.default_country, t.default_currency, t.state,
               c.platform, c.direction, c.kinds, c.strategy, c.platform_ranks, c.mapping::text, c.interval_minutes, c.delete_policy,
               c.secret_ref, c.enabled, c.state, c.lanes, c.cursors::text, c.strategies::text,
               c.match_state, c.deal_match, c.match_plan -> 'choices'
          from crm_tenants t left join crm_sync_configs c on c.tenant_id = t.tenant_id
         where t.tenant_id = $1
         order by c.platform
        """;

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<TenantId, (DateTimeOffset Until, TenantConfig? Config)> _cache = [];

    /// <returns>Null where there is no such tenant.</returns>
    public async Task<TenantConfig?> OfAsync(TenantId tenant, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (_cache.TryGetValue(tenant, out var held) && held.Until > now)
            return held.Config;
        var config = await ReadAsync(tenant, null, ct);
        foreach (var platform in config?.Platforms.Where(platform => platform.Problem is not null) ?? [])
            LogUnreadable(logger, platform.Platform, tenant, platform.Problem!);
        _cache[tenant] = (now + Lifetime, config);
        return config;
    }

    /// <summary>Makes a change of this process's own visible to it at once.</summary>
    public void Forget(TenantId tenant) => _cache.TryRemove(tenant, out _);

    /// <summary>What is stored now, whatever was kept.</summary>
    /// <param name="changed">The mapping of one platform as it would be; null for what is stored.</param>
    /// <returns>Null where there is no such tenant.</returns>
    public async Task<TenantConfig?> ReadAsync(TenantId tenant, (Platform Platform, string Mapping)? changed, CancellationToken ct)
    {
        TenantConfig? tenantConfig = null;
        var rows = (await database.QueryAsync(tenant, Sql.Command(Select, Sql.Value(tenant.Value)), row =>
        {
            tenantConfig ??= new(new(Zone(row.GetString(0)), row.GetString(1), row.GetString(2)), row.GetString(3) == "active", []);
            return row.IsDBNull(4) ? null : Read(row);
        }, ct)).OfType<StoredSettings>();
        // Last, so that what contradicts another mapping is its fault.
        if (changed is var (platform, mapping))
            rows = rows.Select(row => row.Config.Platform == platform ? row with { Config = row.Config with { Mapping = mapping } } : row).OrderBy(row => row.Config.Platform == platform);
        var (platforms, shapes) = StoredSettings.Read([.. rows], Kept(tenant, [.. rows]));
        return tenantConfig is null ? null : tenantConfig with { Platforms = platforms, Shapes = shapes };
    }

    // While the mappings stay as they are, the shapes are the same objects: what is made of them once is found again.
    private TenantShapes? Kept(TenantId tenant, List<StoredSettings> rows) =>
        _cache.TryGetValue(tenant, out var held) && held.Config is { } config
        && rows.Select(row => (row.Config.Platform, row.Config.Mapping)).SequenceEqual(config.Platforms.Select(platform => (platform.Platform, platform.Mapping)))
            ? config.Shapes
            : null;

    // A zone that this machine does not know must not stop a tenant's sync: its days are then those of UTC.
    private static TimeZoneInfo Zone(string id) => TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : TimeZoneInfo.Utc;

    private static StoredSettings Read(NpgsqlDataReader row) => new(
        new(
            Names.Parse<Platform>(row.GetString(4)),
            Names.Parse<SyncDirection>(row.GetString(5)),
            [.. row.GetFieldValue<string[]>(6).Select(Names.Parse<RecordKind>)],
            null, null,
            row.GetString(9), row.GetInt32(10),
            Names.Parse<DeletePolicy>(row.GetString(11)),
            row.IsDBNull(12) ? null : row.GetString(12), row.GetBoolean(13),
            Names.Parse<ConnectionState>(row.GetString(14)), row.GetInt32(15), row.GetString(16))
        {
            Match = Names.Parse<MatchState>(row.GetString(18)),
            DealMatch = new([.. row.GetFieldValue<string[]>(19)]),
            Choices = row.IsDBNull(20) ? ImmutableDictionary<RecordKind, MatchChoice>.Empty : JobJson.Read<ImmutableDictionary<RecordKind, MatchChoice>>(row.GetString(20)),
        },
        row.GetString(7), row.GetFieldValue<string[]>(8), row.GetString(17));

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Platform} of tenant {Tenant} does not sync: its settings cannot be read: {Problem}")]
    private static partial void LogUnreadable(ILogger logger, Platform platform, TenantId tenant, string problem);
}
