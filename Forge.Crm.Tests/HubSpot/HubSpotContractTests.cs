using System.Globalization;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.Tests.HubSpotSimulation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using HubSpotObjects = Forge.Crm.Adapters.HubSpot.HubSpotObjects;

namespace Forge.Crm.Tests.HubSpot;

/// <summary>The adapter and the simulator hold the same contract: HubSpot's.</summary>
public sealed class HubSpotContractTests : IAsyncLifetime
{
    private static readonly TenantId Tenant = new(Guid.NewGuid());
    private readonly WaitedClock _time = new(new DateTimeOffset(2026, 10, 1, 9, 0, 0, TimeSpan.Zero), TimeSpan.FromSeconds(20));
    private HubSpotSimulator _simulator = null!;
    private LocalHost.HubSpot.HubSpotAccount _there = null!;
    private ServiceProvider _services = null!;

    public async Task InitializeAsync()
    {
        _simulator = await HubSpotSimulator.StartAsync(new() { Time = _time }, CancellationToken.None);
        _there = _simulator.AddAccount(62515, "pat-1");
        var settings = new Dictionary<string, string?>
        {
            ["HubSpot:BaseAddress"] = _simulator.BaseAddress.ToString(),
            ["HubSpot:OAuthClientId"] = _simulator.Options.ClientId,
            ["HubSpot:ClientSecret"] = _simulator.Options.ClientSecret,
        };
        _services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(_time)
            .AddHubSpot(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).BuildServiceProvider();
    }

    public async Task DisposeAsync()
    {
        await _services.DisposeAsync();
        await _simulator.DisposeAsync();
    }

    [Fact]
    public async Task Every_record_of_every_kind_is_listed_once_with_its_associations()
    {
        HubSpotDemoData.Fill(_there, seed: 7, contacts: 450, companies: 80, deals: 120);
        AddActivities(7);
        foreach (var kind in Connector.Kinds)
        {
            var listed = await ListAllAsync(kind, archived: false);
            listed.Select(record => record.Ref.Id).ShouldBe(_there.Records(HubSpotObjects.NameOf(kind)).Select(record => record.Id), ignoreOrder: true);
            listed.ShouldAllBe(record => record.Associations.Length == AssociationKinds.From(kind).Length);
            foreach (var target in AssociationKinds.From(kind))
            {
                var shown = listed.Select(record => record.Associations.Single(row => row.ToKind == target)).ToDictionary(row => row.From.Id, Text);
                var read = await RunAsync(account => account.ReadAssociationsAsync(kind, [.. shown.Keys], target, CancellationToken.None));
                read.ToDictionary(row => row.From.Id, Text).ShouldBe(shown, ignoreOrder: true);
                if (target == RemoteKind.Company && kind is RemoteKind.Contact or RemoteKind.Deal)
                    read.ShouldContain(row => row.To.Any(association => association.IsPrimary));
            }
        }
    }

    [Fact]
    public async Task What_a_batch_read_returns_is_what_the_list_shows()
    {
        HubSpotDemoData.Fill(_there, seed: 8, contacts: 120, companies: 10, deals: 10);
        var listed = await ListAllAsync(RemoteKind.Contact, archived: false);
        var read = await RunAsync(account => account.ReadAsync(
            RemoteKind.Contact, [.. listed.Select(record => record.Ref.Id), "999999999"], withHistory: false, CancellationToken.None));
        read.Count.ShouldBe(120);
        foreach (var record in read)
        {
            var shown = listed.Single(other => other.Ref == record.Ref);
            record.Properties.ShouldBe(shown.Properties, ignoreOrder: true);
            record.UpdatedAt.ShouldBe(shown.UpdatedAt);
            record.CreatedAt.ShouldBe(shown.CreatedAt);
        }
    }

    [Fact]
    public async Task History_tells_when_each_property_took_its_value()
    {
        var id = _there.Create("contacts", new Dictionary<string, string> { ["email"] = "ann@example.com", ["city"] = "Bonn" });
        _time.Advance(TimeSpan.FromSeconds(5));
        var editedAt = _time.GetUtcNow();
        _there.Edit("contacts", id, new Dictionary<string, string> { ["city"] = "Köln" });
        var record = (await RunAsync(account => account.ReadAsync(RemoteKind.Contact, [id], withHistory: true, CancellationToken.None))).ShouldHaveSingleItem();
        record.Properties["city"].ShouldBe("Köln");
        record.History!["city"].Select(version => version.Value).ShouldBe(["Köln", "Bonn"]);
        record.History["city"][0].At.ShouldBe(editedAt);
        record.UpdatedAt.ShouldBe(editedAt);
    }

    [Fact]
    public async Task Ten_thousand_and_more_records_that_changed_in_one_millisecond_are_all_found()
    {
        var since = _time.GetUtcNow();
        for (var i = 0; i < 10_250; i++)
            _there.Create("contacts", new Dictionary<string, string> { ["email"] = $"c{i}@example.com" });
        (await ChangedAsync(RemoteKind.Contact, since)).Count.ShouldBe(10_250);
    }

    [Fact]
    public async Task Only_what_changed_since_is_found_in_every_kind()
    {
        HubSpotDemoData.Fill(_there, seed: 9, contacts: 300, companies: 60, deals: 40);
        AddActivities(9);
        _time.Advance(TimeSpan.FromSeconds(1));
        var since = _time.GetUtcNow();
        foreach (var kind in Connector.Kinds)
        {
            var name = HubSpotObjects.NameOf(kind);
            var title = TitleOf(kind);
            var edited = _there.Records(name).Take(7).Select(record => record.Id).ToList();
            foreach (var id in edited)
            {
                _time.Advance(TimeSpan.FromMilliseconds(3));
                _there.Edit(name, id, new Dictionary<string, string> { [title] = "New" });
            }

            edited.Count.ShouldBe(7);
            (await ChangedAsync(kind, since)).ShouldBe(edited, ignoreOrder: true);
        }
    }

    [Fact]
    public async Task Archived_and_merged_records_are_told_as_such()
    {
        string[] ids = [.. Enumerable.Range(0, 4).Select(i => _there.Create("contacts", new Dictionary<string, string> { ["email"] = $"c{i}@example.com" }))];
        _there.Archive("contacts", ids[0]);
        var survivor = _there.Merge("contacts", ids[1], ids[2]);
        (await ListAllAsync(RemoteKind.Contact, archived: true)).Select(record => record.Ref.Id).ShouldContain(ids[0]);
        var live = await ListAllAsync(RemoteKind.Contact, archived: false);
        live.Select(record => record.Ref.Id).ShouldBe([survivor, ids[3]], ignoreOrder: true);
        live.Single(record => record.Ref.Id == survivor).MergedIds.ShouldContain(ids[2]);
        (await RunAsync(account => account.ReadAsync(RemoteKind.Contact, [ids[0]], false, CancellationToken.None))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Owners_stages_and_the_account_read()
    {
        HubSpotDemoData.Fill(_there, seed: 3, contacts: 1, companies: 1, deals: 1);
        (await RunAsync(account => account.ReadOwnersAsync(CancellationToken.None))).Select(owner => owner.Id)
            .ShouldBe(_there.Owners.Select(owner => owner.Id), ignoreOrder: true);
        var stages = await RunAsync(account => account.ReadStagesAsync(CancellationToken.None));
        stages.Select(stage => stage.PipelineId).Distinct().Count().ShouldBe(_there.DealPipelines.Count);
        foreach (var pipeline in stages.GroupBy(stage => stage.PipelineId))
            pipeline.Select(stage => stage.Status).Distinct().ShouldBe(["open", "won", "lost"], ignoreOrder: true);
        (await RunAsync(account => account.DescribeAsync(CancellationToken.None))).ShouldBe(new("62515", "Europe/Berlin", "EUR"));
    }

    [Fact]
    public async Task An_account_that_is_connected_by_OAuth_is_read_beyond_its_tokens_life()
    {
        var secret = $$"""{"refreshToken":"{{_there.RefreshToken}}"}""";
        for (var i = 0; i < 3; i++)
        {
            (await RunAsync(account => account.DescribeAsync(CancellationToken.None), secret)).Id.ShouldBe("62515");
            _time.Advance(TimeSpan.FromMinutes(31));
        }

        _simulator.RevokeRefreshToken(_there);
        (await Should.ThrowAsync<CrmCallException>(() => RunAsync(account => account.DescribeAsync(CancellationToken.None), secret))).IsUnauthorized.ShouldBeTrue();
    }

    [Fact]
    public async Task A_plan_that_is_smaller_than_configured_is_learned_from_the_answers()
    {
        _simulator.Limits.Enabled = true;
        _simulator.Limits.PrivateAppPerTenSeconds = 100;
        for (var i = 0; i < 260; i++)
            await RunAsync(account => account.DescribeAsync(CancellationToken.None));
        _simulator.Ledger.Count(request => request.Status == 429).ShouldBe(0);
    }

    [Fact]
    public async Task A_search_keeps_to_its_own_limit()
    {
        _simulator.Limits.Enabled = true;
        for (var i = 0; i < 20; i++)
            await RunAsync(account => account.ChangedSinceAsync(RemoteKind.Deal, new(_time.GetUtcNow()), CancellationToken.None));
        _simulator.Ledger.Count(request => request.Status == 429).ShouldBe(0);
    }

    [Fact]
    public async Task A_connection_that_drops_is_made_again()
    {
        _simulator.Faults.FailNext("/account-info", new() { DropConnection = true }, times: 2);
        (await RunAsync(account => account.DescribeAsync(CancellationToken.None))).Id.ShouldBe("62515");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Webhooks_are_authentic_and_say_what_was_done(bool generic)
    {
        await using var sink = await WebhookSink.StartAsync();
        _simulator.Webhooks.Target = new Uri(sink.Address, "/webhooks/hubspot?x=%20a%2Fb").OriginalString;
        _simulator.Webhooks.Generic = generic;
        var contact = _there.Create("contacts", new Dictionary<string, string> { ["email"] = "zoë@example.com" });
        var other = _there.Create("contacts", new Dictionary<string, string> { ["email"] = "b@example.com" });
        var company = _there.Create("companies", new Dictionary<string, string> { ["name"] = "Łódź 東京 🚀" });
        _there.Associate("contacts", contact, "companies", company);
        var call = _there.Create("calls", new Dictionary<string, string> { ["hs_timestamp"] = "2026-09-30T08:00:00Z" });
        _there.Edit("calls", call, new Dictionary<string, string> { ["hs_call_title"] = "Intro" });
        _there.Associate("calls", call, "contacts", contact);
        _there.Archive("calls", call);
        var survivor = _there.Merge("contacts", contact, other);
        _there.Archive("companies", company);
        // The clock stands still: no delivery runs into its time limit, so none comes twice.
        await _simulator.WebhooksIdleAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));

        var secrets = new HubSpotSecrets(_simulator.Options.ClientSecret);
        var events = new List<HubSpotDelivery>();
        foreach (var delivery in sink.Deliveries)
        {
            var sentAt = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(delivery.Headers[HubSpotSignature.TimestampHeader], CultureInfo.InvariantCulture));
            HubSpotSignature.Check(
                "POST", sink.Address.OriginalString.TrimEnd('/') + delivery.Target, delivery.Body, delivery.Headers[HubSpotSignature.SignatureHeader],
                delivery.Headers[HubSpotSignature.TimestampHeader], sentAt, secrets).ShouldBe(HubSpotSignatureCheck.Valid);
            events.AddRange(HubSpotWebhook.Split(delivery.Body, _time.GetUtcNow()).Deliveries);
        }

        events.ShouldAllBe(told => told.Reading == HubSpotReading.Usable && told.PortalId == "62515");
        events.Select(told => told.EventKey).ShouldBeUnique();
        events.ShouldContain(told => told.Event.Type == ChangeType.Created && told.Event.Ref == new RemoteRef(RemoteKind.Company, company));
        events.ShouldContain(told => told.Event.Property == "name" && told.Event.Value == "Łódź 東京 🚀");
        foreach (var type in new[] { ChangeType.Created, ChangeType.Changed, ChangeType.Associated, ChangeType.Deleted })
            events.ShouldContain(told => told.Event.Type == type && told.Event.Ref == new RemoteRef(RemoteKind.Call, call));
        events.ShouldContain(told => told.Event.Property == "hs_call_title" && told.Event.Value == "Intro");
        events.ShouldContain(told => told.Event.Type == ChangeType.Associated && told.Event.Ref == new RemoteRef(RemoteKind.Contact, contact) && told.Event.AssociatedKind == RemoteKind.Company);
        events.ShouldContain(told => told.Event.Type == ChangeType.Merged && told.Event.Ref == new RemoteRef(RemoteKind.Contact, survivor) && told.Event.MergedIds!.Contains(other));
        events.ShouldContain(told => told.Event.Type == ChangeType.Deleted && told.Event.Ref == new RemoteRef(RemoteKind.Company, company));
    }

    private static string TitleOf(RemoteKind kind) => HubSpotFields.MapperOf(kind, StandardFields.Of(kind.ToRecordKind())).Maps
        .First(map => map.Field is "name" or "first_name" or "subject" || (kind == RemoteKind.Note && map.Field == "body")).Property;

    private void AddActivities(int count)
    {
        string[] contacts = [.. _there.Records("contacts").Select(record => record.Id)];
        foreach (var type in new[] { "calls", "emails", "meetings", "notes", "tasks" })
        {
            for (var i = 0; i < count; i++)
            {
                var id = _there.Create(type, new Dictionary<string, string>
                {
                    ["hs_timestamp"] = "2026-09-30T08:00:00Z",
                    [type == "emails" ? "hs_email_direction" : "hs_activity_type"] = "EMAIL",
                });
                _there.Associate(type, id, "contacts", contacts[i]);
            }
        }
    }

    private ICrmConnector Connector => _services.GetRequiredService<ICrmConnector>();

    private Task<T> RunAsync<T>(Func<ICrmAccount, Task<T>> call, string secret = """{"accessToken":"pat-1"}""") =>
        _time.RunAsync(call(Connector.Open(Tenant, secret, CallLane.Webhook)));

    private async Task<List<RemoteSnapshot>> ListAllAsync(RemoteKind kind, bool archived)
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

    private async Task<HashSet<string>> ChangedAsync(RemoteKind kind, DateTimeOffset since)
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

    private static string Text(RemoteAssociations associations) =>
        string.Join(' ', associations.To.OrderBy(row => row.ToId, StringComparer.Ordinal).Select(row => row.IsPrimary ? row.ToId + "!" : row.ToId));
}
