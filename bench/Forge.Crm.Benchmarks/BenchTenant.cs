using System.Globalization;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Stack;
using Npgsql;

namespace Forge.Crm.Benchmarks;

/// <summary>Rows that a benchmark needs before it starts, written as the owner.</summary>
internal static class BenchTenant
{
    public static async Task<TenantId> AddAsync(LocalHub hub, CancellationToken ct)
    {
        var id = Guid.CreateVersion7();
        await ExecuteAsync(hub, $"insert into crm_tenants (tenant_id, name) values ('{id}', 'Benchmark')", ct);
        return new(id);
    }

    /// <summary>A connected HubSpot account, and a Pipedrive one that hears of every change, so that outbox rows are written.</summary>
    public static Task ConnectAsync(LocalHub hub, TenantId tenant, long portal, CancellationToken ct) => ExecuteAsync(hub, $"""
        insert into crm_sync_configs (tenant_id, platform, direction, secret_ref, state) values
               ('{tenant}', 'hubspot', 'read', 'tenant-{tenant}-hubspot', 'live'), ('{tenant}', 'pipedrive', 'two_way', null, 'live')
            on conflict (tenant_id, platform) do update set direction = excluded.direction;
        insert into crm_connections (tenant_id, id, platform, account_id, path_key)
        values ('{tenant}', gen_random_uuid(), 'hubspot', '{portal.ToString(CultureInfo.InvariantCulture)}', md5(random()::text)) on conflict do nothing;
        """, ct);

    public static async Task ExecuteAsync(LocalHub hub, string sql, CancellationToken ct)
    {
        await using var command = hub.Owner.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(ct);
    }

    public static async Task<long> CountAsync(LocalHub hub, string sql, CancellationToken ct)
    {
        await using var command = hub.Owner.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public static Task<LocalHub> HubAsync(CancellationToken ct) => LocalHub.StartAsync(null, "forge_bench", reset: true, new Progress<string>(), ct);

    public static string SecretsFile() => Path.Combine(Path.GetTempPath(), $"forge-bench-{Guid.NewGuid():n}.json");

    /// <summary>As <c>crm_app</c>, the role of the functions.</summary>
    public static NpgsqlDataSource App(LocalHub hub) => NpgsqlDataSource.Create(hub.AppConnectionString);
}
