using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.Functions;

/// <summary>One server for a class of tests; each test has a portal of its own, and so a journal of its own.</summary>
public sealed class WebhookFixture : IAsyncLifetime
{
    private static long _portal = 62_500;

    internal HubDatabase Hub { get; private set; } = null!;

    internal FunctionsServer Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Hub = await HubDatabase.CreateAsync();
        Server = await FunctionsServer.StartAsync(Hub);
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        await Hub.DisposeAsync();
    }

    internal static long NewPortal() => Interlocked.Increment(ref _portal);

    /// <summary>A tenant that has connected a portal.</summary>
    internal async Task<(TenantId Tenant, long Portal)> ConnectAsync(string? pathKey = null, string? secretName = null, int lanes = 1)
    {
        var portal = NewPortal();
        return (await ConnectAsync(portal, pathKey, secretName, lanes), portal);
    }

    internal async Task<TenantId> ConnectAsync(long portal, string? pathKey = null, string? secretName = null, int lanes = 1)
    {
        var tenant = await Hub.AddTenantAsync();
        await Hub.AddConfigAsync(tenant, "hubspot", lanes: lanes);
        await Hub.ExecuteAsync($"""
            insert into crm_connections (tenant_id, platform, account_id, path_key, webhook_secret_ref)
            values ('{tenant}', 'hubspot', '{portal}', '{pathKey ?? Guid.NewGuid().ToString("n")}', {(secretName is null ? "null" : $"'{secretName}'")})
            """);
        return tenant;
    }

    /// <summary>The tenant's journal: status and external id of each event, in order.</summary>
    internal Task<List<string>> JournalAsync(TenantId tenant) =>
        Hub.RowsAsync($"select status, external_id from crm_webhook_events where tenant_id = '{tenant}' order by id");

    internal async Task<(int Status, string Body)> SendAsync(SignedWebhook webhook)
    {
        using var request = webhook.ToRequest();
        return await SendAsync(request);
    }

    internal async Task<(int Status, string Body)> SendAsync(HttpRequestMessage request)
    {
        using var response = await Server.Client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
