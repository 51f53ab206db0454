using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Forge.Crm.Tests.Sync;

/// <summary>The fields that a running worker works with, while others change the mappings.</summary>
public sealed class TenantShapesTests : IAsyncLifetime
{
    private const string Region = """{"contact":{"region":{"property":"sales_region","type":"text"}}}""";

    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private HubDatabase _hub = null!;
    private SyncConfigs _configs = null!;
    private PlatformSessions _sessions = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        var secrets = new FakeSecretStore();
        foreach (var platform in new[] { "hubspot", "pipedrive" })
        {
            await secrets.SetAsync($"secret-{platform}", FakeCrm.Credentials.Secret, CancellationToken.None);
            await _hub.AddConfigAsync(_hub.Id, platform, "two_way");
        }

        var crm = new FakeCrm(TimeProvider.System);
        _configs = new(_hub.Tenant, _clock, NullLogger<SyncConfigs>.Instance);
        _sessions = new(_configs, new LookupStore(_hub.Tenant), secrets, [new FakeConnector(crm), new FakeConnector(crm, Platform.Pipedrive)], _clock);
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task A_mapping_is_in_force_everywhere_ten_seconds_after_it_was_saved()
    {
        await _configs.OfAsync(_hub.Id, CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(9)); // a session is kept as long as settings are: not behind them
        (await ShapeAsync(Platform.Pipedrive)).ShouldBeSameAs(StandardFields.Contact);
        await MapAsync("hubspot", Region);
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await ShapeAsync(Platform.HubSpot)).Fields[^1].ShouldBe(new("custom.region", FieldType.Text));
        (await ShapeAsync(Platform.Pipedrive)).Fields[^1].Name.ShouldBe("custom.region", "a field of one platform is the tenant's");
    }

    [Fact]
    public async Task While_the_mappings_stay_the_shapes_are_the_same_objects()
    {
        await MapAsync("hubspot", Region);
        var shape = await ShapeAsync(Platform.HubSpot);
        _clock.Advance(TimeSpan.FromMinutes(1));
        (await ShapeAsync(Platform.HubSpot)).ShouldBeSameAs(shape);
        (await _configs.OfAsync(await _hub.AddTenantAsync(), CancellationToken.None))!.Shapes.ShouldBeSameAs(TenantShapes.Standard);
    }

    [Theory]
    [InlineData("hubspot", """{"person":{}}""", "mapping.\"person\" is no kind")]
    [InlineData("pipedrive", """{"contact":{"region":{"property":"3d0fa3429dfa2d3dec265b4fc5dc8258ab66cdf3","type":"number"}}}""", "contact.custom.region is of type number here and of type text in the mapping of hubspot")]
    public async Task One_that_was_written_past_the_API_and_cannot_be_read_stops_its_platform_alone(string platform, string mapping, string problem)
    {
        await MapAsync("hubspot", Region);
        await MapAsync(platform, mapping);
        foreach (var config in (await _configs.OfAsync(_hub.Id, CancellationToken.None))!.Platforms)
        {
            var isBad = config.Platform.ToName() == platform;
            (config.MappingProblem ?? "").Contains(problem, StringComparison.Ordinal).ShouldBe(isBad, config.MappingProblem);
            (await _sessions.OpenAsync(_hub.Id, config.Platform, CallLane.Webhook, CancellationToken.None) is null).ShouldBe(isBad);
        }
    }

    private async Task<RecordShape> ShapeAsync(Platform platform) =>
        (await _sessions.OpenAsync(_hub.Id, platform, CallLane.Webhook, CancellationToken.None))!.ShapeOf(RecordKind.Contact);

    private Task MapAsync(string platform, string mapping) => _hub.ExecuteAsync($"update crm_sync_configs set mapping = '{mapping}' where tenant_id = '{_hub.Id}' and platform = '{platform}'");
}
