using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Tests.Sync;

/// <summary>Strategies that somebody wrote past the API.</summary>
public sealed class UnreadableStrategiesTests : IAsyncLifetime
{
    private readonly Lines _log = new();
    private HubDatabase _hub = null!;
    private TenantId _other;
    private PlatformSessions _sessions = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        _other = await _hub.AddTenantAsync();
        var secrets = new FakeSecretStore();
        foreach (var platform in new[] { "hubspot", "pipedrive" })
        {
            await secrets.SetAsync($"secret-{platform}", FakeCrm.Credentials.Secret, CancellationToken.None);
            await _hub.AddConfigAsync(_hub.Id, platform, "two_way");
            await _hub.AddConfigAsync(_other, platform, "two_way");
        }

        var crm = new FakeCrm(TimeProvider.System);
        _sessions = new(
            new SyncConfigs(_hub.Tenant, TimeProvider.System, _log), new LookupStore(_hub.Tenant), secrets,
            [new FakeConnector(crm), new FakeConnector(crm, Platform.Pipedrive)], TimeProvider.System);
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task What_the_document_says_is_in_force()
    {
        await WriteAsync("""{"contact.phone": "manual_review", "company": {"strategy": "source_priority", "source": "pipedrive"}}""");

        var strategies = (await OpenAsync(_hub.Id, Platform.HubSpot))!.Policy.Strategies;

        strategies.For(RecordKind.Contact, "phone").Strategy.ShouldBe(Strategy.ManualReview);
        strategies.For(RecordKind.Contact, "email").Strategy.ShouldBe(Strategy.TimestampBased);
        strategies.For(RecordKind.Company, "name").Ranks[0].ShouldBe(Platform.Pipedrive);
        _log.Written.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"contact.fone": "manual_review"}""", "strategies.\"contact.fone\"")]
    [InlineData("""[1]""", "strategies is no JSON object")]
    [InlineData("""null""", "strategies is no JSON object")]
    [InlineData("""{"deal": {"strategy": {"deep": [1]}}}""", "strategies.\"deal\".strategy is no text")]
    [InlineData("""{"deal": {}}""", "strategies.\"deal\" has no strategy")]
    public async Task They_stop_this_platform_of_this_tenant_alone_and_a_warning_names_the_place(string document, string place)
    {
        await WriteAsync(document);

        (await OpenAsync(_hub.Id, Platform.HubSpot)).ShouldBeNull();

        _log.Written.ShouldHaveSingleItem().ShouldContain(place);
        var pipedrive = (await OpenAsync(_hub.Id, Platform.Pipedrive)).ShouldNotBeNull();
        pipedrive.Policy.Targets.Select(target => target.Platform).ShouldContain(Platform.HubSpot); // its pushes wait until it is mended
        (await OpenAsync(_other, Platform.HubSpot)).ShouldNotBeNull();

        await WriteAsync("{}");
        _sessions.Forget(_hub.Id);
        (await OpenAsync(_hub.Id, Platform.HubSpot)).ShouldNotBeNull();
    }

    private Task WriteAsync(string document) =>
        _hub.ExecuteAsync($"update crm_sync_configs set strategies = '{document}' where tenant_id = '{_hub.Id}' and platform = 'hubspot'");

    private Task<PlatformSession?> OpenAsync(TenantId tenant, Platform platform) => _sessions.OpenAsync(tenant, platform, CallLane.Webhook, CancellationToken.None);

    private sealed class Lines : ILogger<SyncConfigs>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
