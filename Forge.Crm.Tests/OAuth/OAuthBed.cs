using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Adapters.KeyVault;
using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Forge.Crm.Tests.OAuth;

/// <summary>
/// An account connected by consent, and workers that share nothing but the vault (a file) and the database: each has its own connections,
/// caches and clients, as a process has.
/// </summary>
internal sealed class OAuthBed(bool isRealTime) : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("forge-oauth-").FullName;
    private readonly List<ServiceProvider> _workers = [];

    /// <summary>Moves only when told to, where the bed does not go by real time.</summary>
    public FakeTimeProvider Clock { get; } = new(new(2026, 10, 1, 9, 0, 0, TimeSpan.Zero));

    public TimeProvider Time => isRealTime ? TimeProvider.System : Clock;

    public HubDatabase Hub { get; private set; } = null!;

    public HubSpotSimulator HubSpot { get; private set; } = null!;

    public PipedriveSimulator Pipedrive { get; private set; } = null!;

    /// <param name="isRealTime">For what is repeated after a while.</param>
    public static async Task<OAuthBed> StartAsync(bool isRealTime = false)
    {
        var bed = new OAuthBed(isRealTime) { Hub = await HubDatabase.CreateAsync() };
        bed.HubSpot = await HubSpotSimulator.StartAsync(new() { Time = bed.Time }, CancellationToken.None);
        bed.HubSpot.AddAccount(62515, "pat-1");
        bed.Pipedrive = await PipedriveSimulator.StartAsync(new() { Time = bed.Time }, CancellationToken.None);
        bed.Pipedrive.AddAccount(8_000_001, "token-1");
        return bed;
    }

    public string Secret(Platform platform) => $$"""{"refreshToken":"{{(platform == Platform.HubSpot ? HubSpot.Account(62515).RefreshToken : Pipedrive.Account(8_000_001).RefreshToken)}}"}""";

    public void Revoke(Platform platform)
    {
        if (platform == Platform.HubSpot)
            HubSpot.RevokeRefreshToken(HubSpot.Account(62515));
        else
            Pipedrive.RevokeRefreshToken(Pipedrive.Account(8_000_001));
    }

    /// <summary>How often a token was asked for.</summary>
    public int Asked(Platform platform) => platform == Platform.HubSpot
        ? HubSpot.Ledger.Count(request => request.Path.StartsWith("/oauth/", StringComparison.Ordinal))
        : Pipedrive.Ledger.Count(request => request.Path.StartsWith("/oauth/", StringComparison.Ordinal));

    public Worker NewWorker()
    {
        var settings = new Dictionary<string, string?>
        {
            ["HubSpot:BaseAddress"] = HubSpot.BaseAddress.ToString(),
            ["HubSpot:OAuthClientId"] = HubSpot.Options.ClientId,
            ["HubSpot:ClientSecret"] = HubSpot.Options.ClientSecret,
            ["HubSpot:CallsPerTenSeconds"] = "1000",
            ["Pipedrive:BaseAddress"] = Pipedrive.BaseAddress.ToString(),
            ["Pipedrive:OAuthAddress"] = Pipedrive.BaseAddress.ToString(),
            ["Pipedrive:OAuthClientId"] = Pipedrive.Options.ClientId,
            ["Pipedrive:OAuthClientSecret"] = Pipedrive.Options.ClientSecret,
            ["Pipedrive:CallsPerTwoSeconds"] = "1000",
        };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var worker = new ServiceCollection().AddLogging().AddSingleton(Time)
            .AddSingleton<ISecretStore>(new FileSecretStore(Path.Combine(_folder, "secrets.json")))
            .AddSingleton(new OAuthTurns(Hub.Tenant))
            .AddHubSpot(configuration).AddPipedrive(configuration)
            .BuildServiceProvider();
        _workers.Add(worker);
        return new(worker, Hub.Id);
    }

    public Task<string> VaultAsync() => File.ReadAllTextAsync(Path.Combine(_folder, "secrets.json"));

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            await worker.DisposeAsync();
        await HubSpot.DisposeAsync();
        await Pipedrive.DisposeAsync();
        await Hub.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    internal sealed record Worker(IServiceProvider Services, TenantId Tenant)
    {
        public Task<RemoteAccount> DescribeAsync(Platform platform, string secret) =>
            Services.GetServices<ICrmConnector>().Single(connector => connector.Platform == platform)
                .Open(Tenant, secret, CallLane.Interactive).DescribeAsync(CancellationToken.None);
    }
}
