using Forge.Crm.Adapters;
using Forge.Crm.Adapters.Leads;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalAzure;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.Leads;

/// <summary>A hub and a simulated HubSpot account, wired as in production. A test drains by itself.</summary>
internal sealed class LeadBed : IAsyncDisposable
{
    public const string Token = "pat-eu1-secret";
    public const string Creations = "/crm/v3/objects/leads/batch/create";

    private readonly ServiceProvider _services;

    private LeadBed(HubDatabase hub, HubSpotSimulator simulator, HubSpotAccount there, ServiceProvider services) =>
        (Hub, Simulator, There, _services) = (hub, simulator, there, services);

    public HubDatabase Hub { get; }

    public HubSpotSimulator Simulator { get; }

    public HubSpotAccount There { get; }

    public static async Task<LeadBed> CreateAsync()
    {
        var (hub, simulator) = (await HubDatabase.CreateAsync(), await HubSpotSimulator.StartAsync(new(), CancellationToken.None));
        var there = simulator.AddAccount(62515, Token);
        await hub.AddConfigAsync(hub.Id, "hubspot", "two_way");
        foreach (var queue in new[] { Queues.Rules, Queues.Pushes, Queues.Notices })
            await LocalBus.DeclareQueueAsync(hub.ConnectionString, queue, requiresSession: true);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Postgres:AppConnectionString"] = hub.AppConnectionString,
            ["Postgres:RelayConnectionString"] = hub.RelayConnectionString,
            ["ServiceBus"] = hub.ConnectionString,
            ["HubSpot:BaseAddress"] = simulator.BaseAddress.ToString(),
            ["HubSpot:CallsPerTenSeconds"] = "1000",
        }).Build();
        var secrets = await SecretsAsync();
        return new(hub, simulator, there, new ServiceCollection().AddSingleton<ISecretStore>(secrets).AddForgeCrm(configuration).BuildServiceProvider());
    }

    public static async Task<FakeSecretStore> SecretsAsync()
    {
        var secrets = new FakeSecretStore();
        await secrets.SetAsync("secret-hubspot", $$"""{"accessToken":"{{Token}}"}""", CancellationToken.None);
        return secrets;
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>A contact of the hub that has a live link with one of HubSpot's.</summary>
    public async Task<(Guid Id, string There)> ContactAsync(string email = "minsu.kim@haneul.example")
    {
        var (id, there) = (await UnlinkedAsync(email), There.Create("contacts", new Dictionary<string, string> { ["email"] = email }));
        await LinkAsync(id, there);
        return (id, there);
    }

    public async Task<Guid> UnlinkedAsync(string email = "minsu.kim@haneul.example")
    {
        var id = Guid.CreateVersion7();
        await Hub.ExecuteAsync($"insert into crm_contacts (tenant_id, id, email) values ('{Hub.Id}', '{id}', '{email}')");
        return id;
    }

    public Task LinkAsync(Guid contact, string there) => Hub.ExecuteAsync($"""
        insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state_at) values ('{Hub.Id}', 'hubspot', 'contact', '{there}', '{contact}', now())
        """);

    /// <summary>As a rule's run writes it.</summary>
    public Task AddAsync(Guid contact, string name = "스마트 교실 구축") => Hub.ExecuteAsync($"""
        insert into crm_hubspot_leads (tenant_id, id, rule_id, event_id, place, contact_id, name) values ('{Hub.Id}', '{Guid.CreateVersion7()}', gen_random_uuid(), 1, 0, '{contact}', '{name}')
        """);

    /// <summary>Everything that is due is looked at, whatever wait it was given.</summary>
    public async Task DrainAsync()
    {
        await Hub.ExecuteAsync("update crm_hubspot_leads set due_at = '-infinity' where status = 'pending'");
        await Get<LeadDrain>().DrainAsync(Hub.Id, CancellationToken.None);
    }

    public Task<List<string>> RowsAsync(string columns = "status, lead_id, attempts") => Hub.RowsAsync($"select {columns} from crm_hubspot_leads order by id");

    /// <summary>Each live lead there: its name and whose it is.</summary>
    public List<string> Leads() => [.. There.Records("leads").Select(lead => $"{lead["hs_lead_name"]} of {string.Join(',', There.AssociatedIds("leads", lead.Id, "contacts"))}")];

    public Task<bool> EraseAsync(Guid contact) => Get<Erasures>().EraseAsync(Hub.Id, RecordKind.Contact, contact, "officer", CancellationToken.None);

    public async Task PushAsync()
    {
        await Hub.ExecuteAsync("update crm_outbox set next_attempt_at = null, touched_at = now() - interval '1 minute'; delete from crm_leases");
        await Get<PushDrain>().DrainAsync(new(Hub.Id, Platform.HubSpot, 0), CancellationToken.None);
    }

    public int Calls(string path) => Simulator.Ledger.Count(call => call.Path == path);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Simulator.DisposeAsync();
        await Hub.DisposeAsync();
    }
}
