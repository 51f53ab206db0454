using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Pipedrive;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PipedriveAccount = Forge.Crm.LocalHost.Pipedrive.PipedriveAccount;
using WaitedClock = Forge.Crm.Tests.HubSpot.WaitedClock;

namespace Forge.Crm.Tests.Pipedrive;

/// <summary>The adapter, over a simulator of its own. Nothing waits: the clock moves as soon as somebody waits for it.</summary>
/// <param name="isRealTime">For calls that must not be repeated: on a busy machine the moving clock may let one time out.</param>
internal sealed class PipedriveBed(bool isRealTime = false) : IAsyncDisposable
{
    private const string Secret = """{"apiToken":"token-1"}""";
    private static readonly TenantId Tenant = new(Guid.NewGuid());
    private ServiceProvider _services = null!;

    public WaitedClock Time { get; } = new(new DateTimeOffset(2026, 10, 1, 9, 0, 0, TimeSpan.Zero), TimeSpan.FromSeconds(20));

    public PipedriveSimulator Simulator { get; private set; } = null!;

    public PipedriveAccount There { get; private set; } = null!;

    public IServiceProvider Services => _services;

    public ICrmConnector Connector => _services.GetRequiredService<ICrmConnector>();

    public async Task StartAsync()
    {
        Simulator = await PipedriveSimulator.StartAsync(new() { Time = isRealTime ? TimeProvider.System : Time }, CancellationToken.None);
        There = Simulator.AddAccount(8_000_001, "token-1");
        var settings = new Dictionary<string, string?>
        {
            ["Pipedrive:BaseAddress"] = Simulator.BaseAddress.ToString(),
            ["Pipedrive:OAuthAddress"] = Simulator.BaseAddress.ToString(),
            ["Pipedrive:OAuthClientId"] = Simulator.Options.ClientId,
            ["Pipedrive:CallsPerTwoSeconds"] = isRealTime ? "1000" : "20",
            ["Pipedrive:OAuthClientSecret"] = Simulator.Options.ClientSecret,
        };
        _services = new ServiceCollection().AddLogging().AddSingleton(Simulator.Options.Time)
            .AddPipedrive(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Simulator.DisposeAsync();
    }

    public static string NameOf(RemoteKind kind) => kind switch
    {
        RemoteKind.Contact or RemoteKind.Company => "name",
        RemoteKind.Deal => "title",
        RemoteKind.Note => "content",
        _ => "subject",
    };

    public List<string> Ids(RemoteKind kind) =>
        [.. There.Records(PipedriveObjects.PathOf(kind))
            .Where(record => PipedriveObjects.PathOf(kind) != "activities" || PipedriveObjects.KindOfActivity(record["type"]!.GetValue<string>()) == kind)
            .Select(record => record["id"]!.ToString())];

    public static Dictionary<string, string?> Mapped(RemoteSnapshot snapshot)
    {
        var shape = StandardFields.Of(snapshot.Ref.Kind.ToRecordKind());
        var fields = PipedriveFields.MapperOf(snapshot.Ref.Kind, shape).Read(
            snapshot.Properties.GetValueOrDefault, (_, _) => new(DateTimeOffset.UnixEpoch, Platform.Pipedrive), Lookups.None(TenantLocale.Default));
        return shape.Fields.Select((field, i) => (field.Name, fields[i].Value)).ToDictionary(row => row.Name, row => row.Value);
    }

    public Task<T> RunAsync<T>(Func<ICrmAccount, Task<T>> call, string secret = Secret) => RunAsync(call(Connector.Open(Tenant, secret, CallLane.Webhook)));

    public Task<T> RunAsync<T>(Task<T> call) => isRealTime ? call : Time.RunAsync(call);

    public async Task<List<RemoteSnapshot>> ListAllAsync(RemoteKind kind, bool archived)
    {
        var records = new List<RemoteSnapshot>();
        string? after = null;
        do
        {
            var from = after;
            var page = await RunAsync(account => account.ListAsync(kind, from, archived, CancellationToken.None));
            records.AddRange(page.Records);
            after = page.After;
        }
        while (after is not null);
        return records;
    }

    public async Task<HashSet<string>> ChangedAsync(RemoteKind kind, DateTimeOffset since)
    {
        var found = new HashSet<string>();
        for (ChangedWindow? window = new(since); window is not null;)
        {
            var from = window;
            var page = await RunAsync(account => account.ChangedSinceAsync(kind, from, CancellationToken.None));
            found.UnionWith(page.Ids.Select(row => row.Id));
            window = page.Next;
        }

        return found;
    }

    public static string Text(RemoteAssociations associations) =>
        string.Join(' ', associations.To.OrderBy(row => row.ToId, StringComparer.Ordinal).Select(row => row.IsPrimary ? row.ToId + "!" : row.ToId));
}
