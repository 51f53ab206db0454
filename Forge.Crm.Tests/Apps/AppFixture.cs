using System.Text.Json.Nodes;
using Forge.Crm.Adapters;
using Forge.Crm.Adapters.Apps;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Rules;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalAzure;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.Apps;

/// <summary>A hub for a class of tests, wired as in production; each test has tenants of its own. Queues do not run: a test drains the rules itself.</summary>
public sealed class AppFixture : IAsyncLifetime
{
    private ServiceProvider _services = null!;

    internal HubDatabase Hub { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Hub = await HubDatabase.CreateAsync();
        foreach (var queue in new[] { Queues.Rules, Queues.Pushes, Queues.Notices })
            await LocalBus.DeclareQueueAsync(Hub.ConnectionString, queue, requiresSession: true);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Postgres:AppConnectionString"] = Hub.AppConnectionString,
            ["Postgres:RelayConnectionString"] = Hub.RelayConnectionString,
            ["ServiceBus"] = Hub.ConnectionString,
        }).Build();
        _services = new ServiceCollection().AddSingleton<ISecretStore, FakeSecretStore>().AddForgeCrm(configuration).BuildServiceProvider();
    }

    public async Task DisposeAsync()
    {
        await _services.DisposeAsync();
        await Hub.DisposeAsync();
    }

    internal T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>A Korean tenant with a pipeline and two owners.</summary>
    internal async Task<TenantId> TenantAsync(params PlatformApp[] apps)
    {
        var tenant = new TenantId(Guid.CreateVersion7());
        await Tenants.EnsureAsync(Hub.AppConnectionString, new(tenant, $"가게 {tenant}", "Asia/Seoul", "KRW", "KR") { Apps = [.. apps] }, CancellationToken.None);
        await Hub.ExecuteAsync($"""
            insert into crm_stages (tenant_id, platform, pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, status)
            select '{tenant}', 'hubspot', 'default', label, md5('{tenant}')::uuid, md5('{tenant}' || label)::uuid, '영업', label, position, status
              from (values ('신규', 1, 'open'), ('환불', 2, 'open'), ('거래 완료', 3, 'won')) as s(label, position, status);
            insert into crm_owners (tenant_id, platform, external_id, owner_id, email, name)
            select '{tenant}', 'hubspot', name, md5('{tenant}' || name)::uuid, name || '@team.example', name from (values ('ann'), ('bo')) as o(name)
            """);
        return tenant;
    }

    internal Task<AppRefusal?> SendAsync(JsonObject message, PlatformApp? by = null) =>
        Get<AppIntake>().ReceiveAsync(by ?? Names.Parse<PlatformApp>(message["type"]!.GetValue<string>().Split('.')[0]), message.Bytes(), CancellationToken.None);

    /// <summary>Sends what must be taken, and shows it to the rules.</summary>
    internal async Task RunAsync(params JsonObject[] messages)
    {
        foreach (var message in messages)
            (await SendAsync(message)).ShouldBeNull();
        foreach (var tenant in messages.Select(message => message["tenantid"]!.GetValue<string>()).Distinct())
            await DrainAsync(new(Guid.Parse(tenant)));
    }

    internal Task DrainAsync(TenantId tenant) => Get<RuleDrain>().DrainAsync(tenant, CancellationToken.None);

    /// <summary>Changes settings of the tenant's rule.</summary>
    internal async Task SetAsync(TenantId tenant, string preset, string settings)
    {
        await Hub.ExecuteAsync($$"""
            update crm_automation_rules set document = jsonb_set(document, '{settings}', (document -> 'settings') || '{{settings}}') where tenant_id = '{{tenant}}' and preset = '{{preset}}'
            """);
        Get<RuleSets>().Forget(tenant);
    }

    internal Task<List<string>> RowsAsync(TenantId tenant, string columns, string table, string more = "") =>
        Hub.RowsAsync($"select {columns} from {table} where tenant_id = '{tenant}' {more}");

    /// <summary>Status and reason of each event of the journal, in order.</summary>
    internal Task<List<string>> JournalAsync(TenantId tenant) => RowsAsync(tenant, "change, status, reason", "crm_webhook_events", "order by id");
}
