using Forge.Crm.Adapters;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Rules;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.Rules;

/// <summary>A tenant with owners, stages and rules; the engine with the rules in its transactions, and the rules' own drain.</summary>
internal sealed class RuleBed : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = Stamp.Micros(TimeProvider.System.GetUtcNow());

    private readonly ServiceProvider _services;

    private RuleBed(HubDatabase hub, ServiceProvider services) => (Hub, _services) = (hub, services);

    public HubDatabase Hub { get; }

    public RecordStore Store => Get<RecordStore>();

    public static async Task<RuleBed> CreateAsync()
    {
        var hub = await HubDatabase.CreateAsync();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Forge:PublicBaseUrl"] = "https://sync.example.com",
            ["ServiceBus"] = hub.ConnectionString,
            ["Postgres:AppConnectionString"] = hub.AppConnectionString,
            ["Postgres:RelayConnectionString"] = hub.RelayConnectionString,
        }).Build();
        var services = new ServiceCollection();
        services.AddSingleton<ISecretStore>(new FakeSecretStore());
        services.AddForgeCrm(configuration);
        var bed = new RuleBed(hub, services.BuildServiceProvider());
        await bed.AddTenantsThingsAsync(hub.Id);
        return bed;
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Saves a rule as an administrator does.</summary>
    public async Task<Guid> AddAsync(string document, TenantId? tenant = null) =>
        (await Get<RuleSettings>().SaveAsync(tenant ?? Hub.Id, null, document, enabled: true, null, "admin", CancellationToken.None))!.Id;

    public Task<Guid> AddPresetAsync(string preset) => AddAsync(ReadyMadeRules.All.Single(rule => rule.Preset == preset).Document);

    /// <summary>What HubSpot shows of a record, as its webhook makes it heard.</summary>
    public async Task<ChangeOutcome> ApplyAsync(RemoteKind kind, string id, int minute, Cause? cause, params (string Field, string? Value)[] fields)
    {
        var shape = StandardFields.Of(kind.ToRecordKind());
        var version = Start.AddMinutes(minute - 60);
        var values = new RemoteField[shape.Count];
        foreach (var (field, value) in fields)
            values[shape.IndexOf(field)] = new(value, new(version, Platform.HubSpot));
        var record = new RemoteRecord(new(kind, id), [.. values], version, version.AddSeconds(1), [], MatchKeys.Of(shape, i => values[i].Value), version);
        var change = new RemoteChange(record.Ref, record, null, [], [], cause ?? new(CauseKind.Event, "1"));
        var policy = SyncPolicy.DefaultFor(Platform.HubSpot) with { Targets = [new(Platform.HubSpot, [.. Enum.GetValues<RecordKind>()])] };
        return (await Store.ApplyAsync(Hub.Id, policy, StandardFields.Of, [change], _ => [], CancellationToken.None)).Results[0].Outcome;
    }

    public Task<ChangeOutcome> ApplyMailAsync(string id, string from, string? name = null, int minute = 0) => ApplyAsync(
        RemoteKind.Email, id, minute, null, ("type", "email"), ("direction", "inbound"), ("from_email", from), ("from_name", name), ("subject", "Re: offer"));

    /// <summary>A person edits by SQL, as the functions' role does it for the API: change capture hears it.</summary>
    public Task EditAsync(string sql) => Hub.ExecuteAsync($"select set_config('app.tenant_id', '{Hub.Id}', false); {sql}");

    public Task DrainAsync() => Get<RuleDrain>().DrainAsync(Hub.Id, CancellationToken.None);

    public Task<List<string>> RowsAsync(string sql) => Hub.RowsAsync(sql);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Hub.DisposeAsync();
    }

    private Task AddTenantsThingsAsync(TenantId tenant) => Hub.ExecuteAsync($"""
        insert into crm_sync_configs (tenant_id, platform, direction, secret_ref) values ('{tenant}', 'hubspot', 'two_way', 's');
        insert into crm_owners (tenant_id, platform, external_id, owner_id, email, name) values
            ('{tenant}', 'hubspot', '1', '{A.Ann}', 'ann@example.com', 'Ann'), ('{tenant}', 'hubspot', '2', '{A.Bo}', 'bo@example.com', '보라');
        insert into crm_stages (tenant_id, platform, pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, status) values
            ('{tenant}', 'hubspot', 'default', '1', '00000000-0000-0000-0000-0000000000ff', '{A.StageId(1)}', 'Sales', 'Lead in', 0, 'open'),
            ('{tenant}', 'hubspot', 'default', '2', '00000000-0000-0000-0000-0000000000ff', '{A.StageId(2)}', 'Sales', 'Meeting Scheduled', 1, 'open'),
            ('{tenant}', 'hubspot', 'default', '3', '00000000-0000-0000-0000-0000000000ff', '{A.StageId(3)}', 'Sales', 'Proposal Sent', 2, 'open'),
            ('{tenant}', 'hubspot', 'default', '4', '00000000-0000-0000-0000-0000000000ff', '{A.StageId(4)}', 'Sales', 'Won', 3, 'won');
        """);
}
