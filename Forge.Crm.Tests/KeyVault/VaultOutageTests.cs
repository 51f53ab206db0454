using System.Diagnostics.Metrics;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Forge.Crm.Tests.KeyVault;

/// <summary>The vault's protocol, its rotation and its outages, with the genuine client.</summary>
public sealed class VaultOutageTests : IAsyncLifetime
{
    private const string Name = "tenant-1-hubspot";
    private const string Value = "canary-7d1f";

    private LocalVault _vault = null!;

    public async Task InitializeAsync() => _vault = await LocalVault.StartAsync();

    public async Task DisposeAsync() => await _vault.DisposeAsync();

    [Fact]
    public async Task The_vaults_challenge_is_answered_with_a_token_for_it()
    {
        await _vault.Open().SetAsync(Name, Value, CancellationToken.None);
        _vault.Requests.ShouldBe([$"PUT /secrets/{Name}", $"PUT /secrets/{Name} with token"]);
        _vault.Versions(Name).ShouldBe([Value]);
    }

    [Fact]
    public async Task A_secret_that_was_rotated_in_the_vault_is_used_after_the_caches_time()
    {
        var (worker, person) = (_vault.Open(), _vault.Open());
        await worker.SetAsync(Name, "old", CancellationToken.None);
        await person.SetAsync(Name, "new", CancellationToken.None);

        _vault.Clock.Advance(TimeSpan.FromSeconds(299));
        (await worker.GetAsync(Name, CancellationToken.None)).ShouldBe("old");
        _vault.Clock.Advance(TimeSpan.FromSeconds(1));
        (await worker.GetAsync(Name, CancellationToken.None)).ShouldBe("new");
        _vault.Versions(Name).ShouldBe(["old", "new"]);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(null)]
    public async Task A_vault_that_fails_is_outlived_for_an_hour_and_then_its_secrets_are_out_of_use(int? status)
    {
        var outcomes = new List<string?>();
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        using var listener = Listen(meters, outcomes);
        var worker = _vault.Open(metrics: new(meters));
        await worker.SetAsync(Name, Value, CancellationToken.None);
        await FailAsync(status);

        _vault.Clock.Advance(TimeSpan.FromMinutes(59));
        (await worker.GetAsync(Name, CancellationToken.None)).ShouldBe(Value);
        outcomes.ShouldBe(["served"]);
        _vault.Clock.Advance(TimeSpan.FromMinutes(1));
        var error = await Should.ThrowAsync<SecretUnavailableException>(() => worker.GetAsync(Name, CancellationToken.None));

        outcomes.ShouldBe(["served", "stopped"]);
        error.Message.ShouldContain(Name);
        error.ToString().ShouldNotContain(Value);
        await Should.ThrowAsync<SecretUnavailableException>(() => worker.GetLatestAsync(Name, CancellationToken.None));
        await Should.ThrowAsync<SecretUnavailableException>(() => worker.SetAsync(Name, "other", CancellationToken.None));
        await Should.ThrowAsync<SecretUnavailableException>(() => worker.DeleteAsync(Name, CancellationToken.None));
    }

    [Fact]
    public async Task A_vault_that_failed_is_left_alone_for_some_seconds()
    {
        var worker = _vault.Open();
        _vault.Fails = 500;
        await Should.ThrowAsync<SecretUnavailableException>(() => worker.GetAsync(Name, CancellationToken.None));
        var asked = _vault.Requests.Count;

        for (var i = 0; i < 50; i++)
            await Should.ThrowAsync<SecretUnavailableException>(() => worker.GetAsync(Name, CancellationToken.None));
        _vault.Requests.Count.ShouldBe(asked);

        _vault.Fails = null;
        _vault.Clock.Advance(TimeSpan.FromSeconds(10));
        (await worker.GetAsync(Name, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_tenant_whose_secret_is_out_of_use_stops_and_goes_on_once_the_vault_is_back()
    {
        await using var hub = await HubDatabase.CreateAsync();
        await hub.AddConfigAsync(hub.Id, "hubspot");
        var worker = _vault.Open();
        await worker.SetAsync("secret-hubspot", FakeCrm.Credentials.Secret, CancellationToken.None);
        var sessions = new PlatformSessions(
            new(hub.Tenant, _vault.Clock, NullLogger<SyncConfigs>.Instance), new(hub.Tenant), worker, [new FakeConnector(new(_vault.Clock))], _vault.Clock);
        Task<PlatformSession?> Open() => sessions.OpenAsync(hub.Id, Platform.HubSpot, CallLane.Webhook, CancellationToken.None);
        (await Open()).ShouldNotBeNull();

        _vault.Fails = 500;
        _vault.Clock.Advance(TimeSpan.FromMinutes(30));
        (await Open()).ShouldNotBeNull();
        _vault.Clock.Advance(TimeSpan.FromMinutes(30));
        (await Open()).ShouldBeNull();

        _vault.Fails = null;
        _vault.Clock.Advance(TimeSpan.FromSeconds(10));
        (await Open()).ShouldNotBeNull();
    }

    private async Task FailAsync(int? status)
    {
        _vault.Fails = status;
        if (status is null)
            await _vault.StopAsync();
    }

    private static MeterListener Listen(IMeterFactory meters, List<string?> outcomes)
    {
        var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, heard) =>
        {
            if (instrument.Name == "forge.vault.silent" && instrument.Meter.Scope == meters)
                heard.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => outcomes.Add((string?)tags[0].Value));
        listener.Start();
        return listener;
    }
}
