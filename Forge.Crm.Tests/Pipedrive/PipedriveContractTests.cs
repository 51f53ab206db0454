using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.Tests.HubSpotSimulation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PipedriveAccount = Forge.Crm.LocalHost.Pipedrive.PipedriveAccount;
using PipedriveWebhook = Forge.Crm.Adapters.Pipedrive.PipedriveWebhook;
using WaitedClock = Forge.Crm.Tests.HubSpot.WaitedClock;

namespace Forge.Crm.Tests.Pipedrive;

/// <summary>The adapter and the simulator hold the same contract: Pipedrive's.</summary>
public sealed class PipedriveContractTests : IAsyncLifetime
{
    private const string Secret = """{"apiToken":"token-1"}""";
    private static readonly TenantId Tenant = new(Guid.NewGuid());
    private readonly WaitedClock _time = new(new DateTimeOffset(2026, 10, 1, 9, 0, 0, TimeSpan.Zero), TimeSpan.FromSeconds(20));
    private PipedriveSimulator _simulator = null!;
    private PipedriveAccount _there = null!;
    private ServiceProvider _services = null!;

    public async Task InitializeAsync()
    {
        _simulator = await PipedriveSimulator.StartAsync(new() { Time = _time }, CancellationToken.None);
        _there = _simulator.AddAccount(8_000_001, "token-1");
        var settings = new Dictionary<string, string?>
        {
            ["Pipedrive:BaseAddress"] = _simulator.BaseAddress.ToString(),
            ["Pipedrive:OAuthAddress"] = _simulator.BaseAddress.ToString(),
            ["Pipedrive:OAuthClientId"] = _simulator.Options.ClientId,
            ["Pipedrive:OAuthClientSecret"] = _simulator.Options.ClientSecret,
        };
        _services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(_time)
            .AddPipedrive(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).BuildServiceProvider();
    }

    public async Task DisposeAsync()
    {
        await _services.DisposeAsync();
        await _simulator.DisposeAsync();
    }

    [Fact]
    public async Task Every_record_of_every_kind_is_listed_once_with_its_associations()
    {
        PipedriveDemoData.Fill(_there, seed: 7, persons: 1_150, organizations: 80, deals: 120, activities: 300);
        _there.Edit("deals", "7", new() { ["is_archived"] = true });
        _there.Create("notes", new() { ["content"] = "Hello", ["deal_id"] = 1 });
        foreach (var kind in Connector.Kinds)
        {
            var listed = await ListAllAsync(kind, archived: false);
            listed.Select(record => record.Ref.Id).ShouldBe(Ids(kind), ignoreOrder: true);
            listed.ShouldAllBe(record => record.Associations.Length == AssociationKinds.From(kind).Length);
            foreach (var target in AssociationKinds.From(kind))
            {
                var shown = listed.Select(record => record.Associations.Single(row => row.ToKind == target)).ToDictionary(row => row.From.Id, Text);
                shown.Values.ShouldContain(text => text.Length > 0);
                var read = await RunAsync(account => account.ReadAssociationsAsync(kind, [.. shown.Keys], target, CancellationToken.None));
                read.ToDictionary(row => row.From.Id, Text).ShouldBe(shown, ignoreOrder: true);
            }
        }
    }

    [Fact]
    public async Task What_a_read_by_id_returns_is_what_the_list_shows()
    {
        PipedriveDemoData.Fill(_there, seed: 8, persons: 120, organizations: 110, deals: 10, activities: 30);
        foreach (var kind in Connector.Kinds)
        {
            var listed = await ListAllAsync(kind, archived: false);
            var read = await RunAsync(account => account.ReadAsync(kind, [.. listed.Select(record => record.Ref.Id), "999999999"], withHistory: false, CancellationToken.None));
            read.Count.ShouldBe(listed.Count);
            foreach (var record in read)
            {
                var shown = listed.Single(other => other.Ref == record.Ref);
                record.Properties.ShouldBe(shown.Properties, ignoreOrder: true);
                (record.UpdatedAt, record.CreatedAt, record.ArchivedAt).ShouldBe((shown.UpdatedAt, shown.CreatedAt, null));
            }
        }
    }

    [Fact]
    public async Task A_hundred_records_cost_one_call()
    {
        PipedriveDemoData.Fill(_there, seed: 8, persons: 100, organizations: 0, deals: 0);
        await RunAsync(account => account.ReadAsync(RemoteKind.Contact, Ids(RemoteKind.Contact), withHistory: false, CancellationToken.None));
        _simulator.Ledger.Entries.ShouldHaveSingleItem().Query.ShouldStartWith("?limit=100&ids=1%2C2%2C3");
    }

    [Fact]
    public async Task Twelve_hundred_records_that_changed_in_one_second_are_all_found()
    {
        PipedriveDemoData.Fill(_there, seed: 2, persons: 1_300, organizations: 0, deals: 0);
        var since = _time.GetUtcNow();
        for (var i = 1; i <= 1_250; i++)
            _there.Edit("persons", $"{i}", new() { ["first_name"] = $"New {i}" });
        _time.Advance(TimeSpan.FromSeconds(3));
        _there.Edit("persons", "1300", new() { ["first_name"] = "Last" });
        (await ChangedAsync(RemoteKind.Contact, since)).Count.ShouldBe(1_251);
    }

    [Fact]
    public async Task Only_what_changed_since_is_found_in_every_kind()
    {
        PipedriveDemoData.Fill(_there, seed: 9, persons: 30, organizations: 30, deals: 30, activities: 60);
        for (var i = 0; i < 4; i++)
            _there.Create("notes", new() { ["content"] = "Hello", ["deal_id"] = 1 });
        _time.Advance(TimeSpan.FromMinutes(1));
        var since = _time.GetUtcNow();
        foreach (var kind in Connector.Kinds)
        {
            var edited = Ids(kind).Take(3).ToList();
            foreach (var id in edited)
            {
                _time.Advance(TimeSpan.FromSeconds(2));
                _there.Edit(PipedriveObjects.PathOf(kind), id, new() { [NameOf(kind)] = "New" });
            }

            (await ChangedAsync(kind, since)).ShouldBe(edited, ignoreOrder: true);
        }
    }

    [Fact]
    public async Task An_edit_between_two_pages_of_changes_hides_no_record()
    {
        PipedriveDemoData.Fill(_there, seed: 2, persons: 700, organizations: 0, deals: 0);
        var first = await RunAsync(account => account.ChangedSinceAsync(RemoteKind.Contact, new(DateTimeOffset.UnixEpoch), CancellationToken.None));
        _there.Edit("persons", first.Ids[0].Id, new() { ["first_name"] = "Moved to the end" });
        var rest = await RunAsync(account => account.ChangedSinceAsync(RemoteKind.Contact, first.Next!, CancellationToken.None));
        first.Ids.Concat(rest.Ids).Select(row => row.Id).Distinct().Count().ShouldBe(700);
    }

    [Fact]
    public async Task A_deleted_deal_is_told_by_the_list_by_its_changes_and_by_its_id()
    {
        PipedriveDemoData.Fill(_there, seed: 9, persons: 3, organizations: 3, deals: 4);
        _time.Advance(TimeSpan.FromSeconds(5));
        var at = _time.GetUtcNow();
        _there.Delete("deals", "2");
        (await ListAllAsync(RemoteKind.Deal, archived: true)).ShouldHaveSingleItem().ArchivedAt.ShouldBe(at);
        (await ListAllAsync(RemoteKind.Deal, archived: false)).Select(record => record.Ref.Id).ShouldBe(["1", "3", "4"]);
        (await ChangedAsync(RemoteKind.Deal, at)).ShouldBe(["2"]);
        (await RunAsync(account => account.ReadAsync(RemoteKind.Deal, ["2", "3"], false, CancellationToken.None)))
            .Select(record => (record.Ref.Id, record.ArchivedAt)).ShouldBe([("2", at), ("3", null)]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deleted_person_is_never_shown_alive(bool listsShowDeleted)
    {
        _simulator.Faults.ListsShowDeleted = listsShowDeleted;
        PipedriveDemoData.Fill(_there, seed: 9, persons: 3, organizations: 1, deals: 0);
        _there.Delete("persons", "2");
        (await ListAllAsync(RemoteKind.Contact, archived: false)).Select(record => record.Ref.Id).ShouldBe(["1", "3"]);
        (await ListAllAsync(RemoteKind.Contact, archived: true)).ShouldBeEmpty();
        var read = await RunAsync(account => account.ReadAsync(RemoteKind.Contact, ["2"], false, CancellationToken.None));
        read.Select(record => record.ArchivedAt is not null).ShouldBe(listsShowDeleted ? [true] : []);
    }

    [Fact]
    public async Task An_archived_deal_is_put_away_and_not_deleted()
    {
        PipedriveDemoData.Fill(_there, seed: 9, persons: 1, organizations: 1, deals: 3);
        _there.Edit("deals", "1", new() { ["is_archived"] = true });
        (await ListAllAsync(RemoteKind.Deal, archived: false)).Select(record => record.Ref.Id).ShouldBe(["2", "3", "1"]);
        var read = await RunAsync(account => account.ReadAsync(RemoteKind.Deal, ["1", "2"], false, CancellationToken.None));
        read.Select(record => (record.Ref.Id, record.ArchivedAt)).ShouldBe([("2", null), ("1", null)]);
    }

    [Fact]
    public async Task Leads_are_read_live_and_archived()
    {
        PipedriveDemoData.Fill(_there, seed: 9, persons: 1, organizations: 1, deals: 0);
        var ids = Enumerable.Range(0, 130).Select(i => _there.Create("leads", new()
        {
            ["title"] = $"Lead {i}", ["person_id"] = 1, ["value"] = new JsonObject { ["amount"] = 300 + i, ["currency"] = "EUR" },
        })).ToList();
        _there.Edit("leads", ids[5], new() { ["is_archived"] = true });
        _there.Delete("leads", ids[6]);
        var listed = await ListAllAsync(RemoteKind.Lead, archived: false);
        listed.Select(record => record.Ref.Id).ShouldBe(ids.Where(id => id != ids[6]), ignoreOrder: true);
        var read = await RunAsync(account => account.ReadAsync(RemoteKind.Lead, [ids[5], ids[6], ids[7]], false, CancellationToken.None));
        read.Select(record => record.Ref.Id).ShouldBe([ids[5], ids[7]]);
        var lead = Mapped(read[1]);
        (lead["lead_value"], lead["lead_currency"], lead["lead_status"]).ShouldBe(("307", "EUR", "open"));
        Mapped(read[0])["lead_status"].ShouldBe("archived");
    }

    [Fact]
    public async Task A_deleted_note_says_so()
    {
        PipedriveDemoData.Fill(_there, seed: 9, persons: 1, organizations: 1, deals: 1);
        var note = _there.Create("notes", new() { ["content"] = "<p>Hello</p>", ["deal_id"] = 1 });
        var shown = (await RunAsync(account => account.ReadAsync(RemoteKind.Note, [note], false, CancellationToken.None))).ShouldHaveSingleItem();
        (shown.ArchivedAt, Mapped(shown)["body"], Mapped(shown)["type"]).ShouldBe((null, "<p>Hello</p>", "note"));
        _there.Delete("notes", note);
        (await RunAsync(account => account.ReadAsync(RemoteKind.Note, [note], false, CancellationToken.None))).ShouldHaveSingleItem().ArchivedAt.ShouldNotBeNull();
        (await ListAllAsync(RemoteKind.Note, archived: false)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Owners_stages_and_the_account_read()
    {
        PipedriveDemoData.Fill(_there, seed: 3, persons: 1, organizations: 1, deals: 1);
        (await RunAsync(account => account.ReadOwnersAsync(CancellationToken.None))).Select(owner => (owner.Id, owner.IsActive))
            .ShouldBe(_there.Users.Select(user => ($"{user.Id}", user.IsActive)));
        var stages = await RunAsync(account => account.ReadStagesAsync(CancellationToken.None));
        stages.Select(stage => (stage.PipelineId, stage.Id, stage.Probability)).ShouldBe(
            _there.Stages.Select(stage => ($"{stage.PipelineId}", $"{stage.Id}", stage.PipelineId == 1 ? stage.Probability / 100m : (decimal?)null)));
        stages.ShouldAllBe(stage => stage.Status == "open" && !stage.IsArchived);
        (await RunAsync(account => account.DescribeAsync(CancellationToken.None))).ShouldBe(new("8000001", "Europe/Tallinn", "EUR"));
    }

    [Fact]
    public async Task An_account_that_is_connected_by_OAuth_is_read_beyond_its_tokens_life()
    {
        var secret = $$"""{"refreshToken":"{{_there.RefreshToken}}"}""";
        for (var i = 0; i < 3; i++)
        {
            (await RunAsync(account => account.DescribeAsync(CancellationToken.None), secret)).Id.ShouldBe("8000001");
            _time.Advance(TimeSpan.FromMinutes(61));
        }

        await RunAsync(account => account.DescribeAsync(CancellationToken.None), secret);
        _simulator.EndAccessTokens(_there);
        (await RunAsync(account => account.DescribeAsync(CancellationToken.None), secret)).Id.ShouldBe("8000001");
        _simulator.RevokeRefreshToken(_there);
        _time.Advance(TimeSpan.FromMinutes(61));
        (await Should.ThrowAsync<CrmCallException>(() => RunAsync(account => account.DescribeAsync(CancellationToken.None), secret))).IsUnauthorized.ShouldBeTrue();
    }

    [Fact]
    public async Task A_token_that_nobody_knows_is_refused() =>
        (await Should.ThrowAsync<CrmCallException>(() => RunAsync(account => account.DescribeAsync(CancellationToken.None), """{"apiToken":"x"}""")))
            .IsUnauthorized.ShouldBeTrue();

    [Fact]
    public async Task The_burst_of_the_smallest_plan_is_kept()
    {
        _simulator.Limits.Enabled = true;
        for (var i = 0; i < 100; i++)
            await RunAsync(account => account.DescribeAsync(CancellationToken.None));
        _simulator.Ledger.Count(request => request.Status == 429).ShouldBe(0);
    }

    [Fact]
    public async Task A_plan_that_is_smaller_than_configured_is_learned_from_the_answers()
    {
        _simulator.Limits.Enabled = true;
        _simulator.Limits.ApiTokenPerTwoSeconds = 12;
        for (var i = 0; i < 60; i++)
            await RunAsync(account => account.DescribeAsync(CancellationToken.None));
        _simulator.Ledger.Count(request => request.Status == 429).ShouldBe(0);
    }

    [Fact]
    public async Task A_daily_budget_that_is_used_up_is_left_to_the_queue()
    {
        _simulator.Limits.Enabled = true;
        _simulator.Limits.DailyTokens = 9;
        var e = await Should.ThrowAsync<CrmCallException>(() =>
            RunAsync(account => account.ReadAsync(RemoteKind.Contact, ["1"], false, CancellationToken.None)));
        (e.IsTransient, e.RetryAfter).ShouldBe((true, TimeSpan.FromMinutes(15)));
        _simulator.Ledger.Entries.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_page_of_HTML_in_the_place_of_an_answer_means_that_we_called_too_often()
    {
        _simulator.Faults.FailNext("/v1/users/me", new() { Status = 403, ContentType = "text/html", Body = "<html></html>" });
        var e = await Should.ThrowAsync<CrmCallException>(() => RunAsync(account => account.DescribeAsync(CancellationToken.None)));
        (e.IsTransient, e.RetryAfter).ShouldBe((true, TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public async Task A_connection_that_drops_is_made_again()
    {
        _simulator.Faults.FailNext("/v1/users/me", new() { DropConnection = true }, times: 2);
        (await RunAsync(account => account.DescribeAsync(CancellationToken.None))).Id.ShouldBe("8000001");
    }

    [Theory]
    [InlineData("2.0")]
    [InlineData("1.0")]
    public async Task Webhooks_are_authentic_and_say_what_was_done(string version)
    {
        await using var sink = await WebhookSink.StartAsync();
        _there.AddWebhook(new(sink.Address, "/webhooks/pipedrive/key"), "forge", "a-password-of-our-own", version);
        var shoe = _there.AddField("persons", "Shoe size", "double");
        var person = _there.Create("persons", Person("zoë@example.com"));
        var other = _there.Create("persons", Person("b@example.com"));
        _there.Edit("persons", person, new() { ["last_name"] = "Łódź 東京 🚀", ["custom_fields"] = new JsonObject { [shoe] = 42.5 } });
        var call = _there.Create("activities", new() { ["subject"] = "Intro", ["type"] = "call", ["due_date"] = "2026-10-02", ["due_time"] = "15:00" });
        _there.Edit("activities", call, new() { ["duration"] = "00:30" });
        _there.Merge("persons", person, other);
        _there.Delete("activities", call);
        await _simulator.WebhooksIdleAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));

        var secrets = new PipedriveSecrets("forge:a-password-of-our-own");
        sink.Deliveries.ShouldAllBe(delivery => PipedriveAuth.Check(delivery.Headers["Authorization"], _time.GetUtcNow(), secrets) == PipedriveAuthCheck.Valid);
        var told = sink.Deliveries.Select(delivery => PipedriveWebhook.Read(delivery.Body, _time.GetUtcNow())).ToList();
        told.ShouldAllBe(delivery => delivery.Reading == PipedriveReading.Usable && delivery.CompanyId == "8000001");
        if (version == "2.0")
            told.Select(delivery => delivery.EventKey).ShouldBeUnique();
        var events = told.ConvertAll(delivery => delivery.Event);
        events.ShouldContain(e => e.Type == ChangeType.Created && e.Ref == new RemoteRef(RemoteKind.Contact, person) && e.Changes!["emails.primary"] == "zoë@example.com");
        events.ShouldContain(e => e.Type == ChangeType.Changed && e.Changes!.GetValueOrDefault("last_name") == "Łódź 東京 🚀" && e.Changes!.GetValueOrDefault(shoe) == "42.5" && !e.Changes!.ContainsKey("first_name"));
        events.ShouldContain(e => e.Ref == new RemoteRef(RemoteKind.Call, call) && e.Type == ChangeType.Changed && e.Changes!.GetValueOrDefault(PipedriveDue.Ends) == "2026-10-02T15:30:00Z");
        events.ShouldContain(e => e.Ref == new RemoteRef(RemoteKind.Call, call) && e.Type == ChangeType.Deleted);
        if (version == "2.0")
            events.Count(e => e.Type == ChangeType.Merged && e.Ref == new RemoteRef(RemoteKind.Contact, person) && e.MergedIds!.Contains(other)).ShouldBe(2);
        else
            events.ShouldContain(e => e.Type == ChangeType.Deleted && e.Ref == new RemoteRef(RemoteKind.Contact, other));
    }

    [Fact]
    public async Task What_an_event_tells_of_a_record_is_what_a_read_returns()
    {
        await using var sink = await WebhookSink.StartAsync();
        _there.AddWebhook(sink.Address);
        PipedriveDemoData.Fill(_there, seed: 5, persons: 2, organizations: 2, deals: 2);
        var fields = new Dictionary<string, JsonNode?>
        {
            [_there.AddField("deals", "Text", "varchar")] = "one",
            [_there.AddField("deals", "Money", "monetary")] = new JsonObject { ["value"] = 200.5, ["currency"] = "EUR" },
            [_there.AddField("deals", "Choice", "enum", (7, "Seven"))] = 7,
            [_there.AddField("deals", "Choices", "set", (1, "One"), (2, "Two"))] = new JsonArray(1, 2),
            [_there.AddField("deals", "Who", "user")] = 9001,
            [_there.AddField("deals", "Span", "daterange")] = new JsonObject { ["value"] = "2026-01-01", ["until"] = "2026-02-01" },
            [_there.AddField("deals", "Where", "address")] = new JsonObject { ["value"] = "Main Street 1", ["country"] = "Estonia" },
            [_there.AddField("deals", "When", "time")] = new JsonObject { ["value"] = "12:00:00", ["timezone_id"] = 1 },
        };
        _there.Edit("deals", "1", new() { ["title"] = "New", ["custom_fields"] = new JsonObject(fields.Select(field => KeyValuePair.Create(field.Key, field.Value))) });
        _there.Edit("persons", "1", new() { ["phones"] = new JsonArray(new JsonObject { ["value"] = "+49 30 1", ["label"] = "Mobile" }) });
        _there.Edit("organizations", "1", new() { ["website"] = "https://new.example", ["address"] = new JsonObject { ["value"] = "A", ["locality"] = "Tartu" } });
        await _simulator.WebhooksIdleAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));

        foreach (var told in sink.Deliveries.Select(delivery => PipedriveWebhook.Read(delivery.Body, _time.GetUtcNow()).Event))
        {
            var read = (await RunAsync(account => account.ReadAsync(told.Ref!.Value.Kind, [told.Ref.Value.Id], false, CancellationToken.None))).ShouldHaveSingleItem();
            var mapped = told.Changes!.Where(change => read.Properties.ContainsKey(change.Key) && change.Key is not "label" and not "visible_to").ToList();
            mapped.ShouldNotBeEmpty();
            foreach (var (property, value) in mapped)
                read.Properties[property].ShouldBe(value, property);
            told.Version.ShouldBe(read.UpdatedAt);
        }
    }

    private ICrmConnector Connector => _services.GetRequiredService<ICrmConnector>();

    private static JsonObject Person(string email) => new()
    {
        ["name"] = "Ada Example", ["emails"] = new JsonArray(new JsonObject { ["value"] = email, ["primary"] = true, ["label"] = "work" }),
    };

    private static string NameOf(RemoteKind kind) => kind switch
    {
        RemoteKind.Contact or RemoteKind.Company => "name",
        RemoteKind.Deal => "title",
        RemoteKind.Note => "content",
        _ => "subject",
    };

    private List<string> Ids(RemoteKind kind) =>
        [.. _there.Records(PipedriveObjects.PathOf(kind))
            .Where(record => PipedriveObjects.PathOf(kind) != "activities" || PipedriveObjects.KindOfActivity(record["type"]!.GetValue<string>()) == kind)
            .Select(record => record["id"]!.ToString())];

    private static Dictionary<string, string?> Mapped(RemoteSnapshot snapshot)
    {
        var shape = StandardFields.Of(snapshot.Ref.Kind.ToRecordKind());
        var fields = PipedriveFields.MapperOf(snapshot.Ref.Kind, shape).Read(
            snapshot.Properties.GetValueOrDefault, (_, _) => new(DateTimeOffset.UnixEpoch, Platform.Pipedrive), Lookups.None(TenantLocale.Default));
        return shape.Fields.Select((field, i) => (field.Name, fields[i].Value)).ToDictionary(row => row.Name, row => row.Value);
    }

    private Task<T> RunAsync<T>(Func<ICrmAccount, Task<T>> call, string secret = Secret) => _time.RunAsync(call(Connector.Open(Tenant, secret, CallLane.Webhook)));

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
