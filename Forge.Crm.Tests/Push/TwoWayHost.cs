using System.Globalization;
using Forge.Crm.Adapters;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Functions.Webhooks;
using Forge.Crm.LocalAzure;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Timers;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Forge.Crm.Tests.Push;

/// <summary>
/// The functions in the host that runs them, on a bus and a hub of a test's own, between two platforms in memory. Whoever writes there, a
/// person or we, is heard of as by a webhook: journaled and rung for.
/// </summary>
internal sealed class TwoWayHost : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly Dictionary<Platform, FakeCrm> _crms;
    private readonly Dictionary<Platform, int> _heard = new() { [Platform.HubSpot] = 0, [Platform.Pipedrive] = 0 };
    private int _keys;
    private int _telling;

    private TwoWayHost(HubDatabase hub, IHost host, Dictionary<Platform, FakeCrm> crms)
    {
        (Hub, _host, _crms) = (hub, host, crms);
        foreach (var platform in crms.Keys)
            crms[platform].After = _ => TellOfOurWrites(platform);
    }

    public HubDatabase Hub { get; }

    public FakeCrm HubSpot => _crms[Platform.HubSpot];

    public FakeCrm Pipedrive => _crms[Platform.Pipedrive];

    public static async Task<TwoWayHost> StartAsync(string hubSpot = "two_way", string pipedrive = "two_way")
    {
        var hub = await HubDatabase.CreateAsync();
        var secrets = new FakeSecretStore();
        foreach (var (platform, direction) in new[] { ("hubspot", hubSpot), ("pipedrive", pipedrive) })
        {
            await hub.AddConfigAsync(hub.Id, platform, direction);
            await secrets.SetAsync($"secret-{platform}", FakeCrm.Credentials.Secret, CancellationToken.None);
        }

        await hub.ReconciledAsync();
        var crms = new Dictionary<Platform, FakeCrm>
        {
            [Platform.HubSpot] = new(TimeProvider.System),
            [Platform.Pipedrive] = new(TimeProvider.System) { KeepsHistory = false, Account = new("8000001", "Europe/Berlin", "EUR") },
        };
        var builder = FunctionsApplication.CreateBuilder(
        [
            "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", $"--ServiceBus={hub.ConnectionString}", "--Forge:PublicBaseUrl=https://sync.example.com",
            $"--Postgres:AppConnectionString={hub.AppConnectionString}", $"--Postgres:RelayConnectionString={hub.RelayConnectionString}",
        ]);
        builder.ConfigureFunctionsWebApplication().AddFunctionsFrom(typeof(HubSpotWebhookFunction).Assembly);
        builder.Services.AddSingleton<ISecretStore>(secrets);
        builder.Services.AddForgeCrm(builder.Configuration);
        builder.Services.RemoveAll<ICrmConnector>();
        foreach (var (platform, crm) in crms)
            builder.Services.AddSingleton<ICrmConnector>(new FakeConnector(crm, platform));
        var host = builder.Build();
        await host.StartAsync();
        return new(hub, host, crms);
    }

    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    /// <summary>A person works on a platform.</summary>
    public async Task<string> AddAsync(Platform platform, params (string Name, string? Value)[] properties)
    {
        var id = _crms[platform].Add(RemoteKind.Contact, properties);
        await TellAsync(platform, Event(platform, ChangeType.Created, id));
        return id;
    }

    public async Task EditAsync(Platform platform, string id, params (string Name, string? Value)[] properties)
    {
        _crms[platform].Edit(RemoteKind.Contact, id, properties);
        await TellAsync(platform, [.. properties.Select(property => Event(platform, ChangeType.Changed, id) with { Property = property.Name, Value = property.Value })]);
    }

    /// <summary>Every record of both platforms is told of once more, as after a burst of webhooks about nothing.</summary>
    public async Task HearEverythingAgainAsync()
    {
        foreach (var (platform, crm) in _crms)
            await TellAsync(platform, [.. crm.All(RemoteKind.Contact).Select(record => Event(platform, ChangeType.Changed, record.Ref.Id))]);
    }

    public async Task ArchiveAsync(Platform platform, params string[] ids)
    {
        foreach (var id in ids)
            _crms[platform].Archive(RemoteKind.Contact, id);
        await TellAsync(platform, [.. ids.Select(id => Event(platform, ChangeType.Deleted, id))]);
    }

    public async Task EraseAsync(Platform platform, string id)
    {
        _crms[platform].Purge(RemoteKind.Contact, id);
        await TellAsync(platform, Event(platform, ChangeType.Erased, id));
    }

    public string? There(Platform platform, string email, string property) =>
        _crms[platform].All(RemoteKind.Contact).SingleOrDefault(contact => contact.Properties.GetValueOrDefault("email") == email)?.Properties.GetValueOrDefault(property);

    /// <summary>Until nothing waits any more: no event, no push, no ring.</summary>
    public async Task SettleAsync()
    {
        for (var quiet = 0; quiet < 3; quiet++)
        {
            await Wait.UntilAsync(async () => Volatile.Read(ref _telling) == 0 && !await IsBusyAsync(), "something still waits");
            await Task.Delay(30);
            quiet = await IsBusyAsync() ? -1 : quiet;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        await Hub.DisposeAsync();
    }

    private Task<bool> IsBusyAsync() => Hub.ScalarAsync<bool>("""
        select exists (select from crm_webhook_events where status = 'pending') or exists (select from crm_outbox where status = 'pending')
            or exists (select from local_bus.messages)
        """);

    private void TellOfOurWrites(Platform platform)
    {
        string[] written;
        lock (_heard)
        {
            written = [.. _crms[platform].Writes.Skip(_heard[platform])];
            _heard[platform] += written.Length;
        }

        _ = TellAsync(platform, [.. written.Select(write => write.Split(' ')).Select(write => Event(platform, TypeOf(write[0]), write[1]))]);
    }

    private static ChangeType TypeOf(string write) => write switch
    {
        "create" => ChangeType.Created,
        "delete" => ChangeType.Deleted,
        _ => ChangeType.Changed,
    };

    private ChangeEvent Event(Platform platform, ChangeType type, string id) =>
        new(type, new(RemoteKind.Contact, id), TimeProvider.System.GetUtcNow()) { ReceivedAt = TimeProvider.System.GetUtcNow() };

    private async Task TellAsync(Platform platform, params ChangeEvent[] events)
    {
        if (events.Length == 0)
            return;
        Interlocked.Increment(ref _telling);
        var entries = events.Select(told => new JournalEntry(
            $"{platform}:{Interlocked.Increment(ref _keys).ToString(CultureInfo.InvariantCulture)}", FakeConnector.Raw(told), told, 0, EventStatus.Pending, null)).ToList();
        await Get<Journal>().AppendAsync(Hub.Id, platform, entries, CancellationToken.None);
        await Get<Rings>().RingAsync(new Lane(Hub.Id, platform, 0), [], CancellationToken.None);
        Interlocked.Decrement(ref _telling);
    }
}
