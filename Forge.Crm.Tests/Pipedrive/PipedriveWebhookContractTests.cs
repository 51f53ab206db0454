using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.Tests.HubSpotSimulation;
using PipedriveWebhook = Forge.Crm.Adapters.Pipedrive.PipedriveWebhook;

namespace Forge.Crm.Tests.Pipedrive;

/// <summary>The same contract: webhooks.</summary>
public sealed class PipedriveWebhookContractTests : IAsyncLifetime
{
    private readonly PipedriveBed _bed = new();

    public Task InitializeAsync() => _bed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Theory]
    [InlineData("2.0")]
    [InlineData("1.0")]
    public async Task Webhooks_are_authentic_and_say_what_was_done(string version)
    {
        await using var sink = await WebhookSink.StartAsync();
        _bed.There.AddWebhook(new(sink.Address, "/webhooks/pipedrive/key"), "forge", "a-password-of-our-own", version);
        var shoe = _bed.There.AddField("persons", "Shoe size", "double");
        var hobbies = _bed.There.AddField("persons", "Hobbies", "set", (1, "Chess"), (2, "Golf"));
        var person = _bed.There.Create("persons", Person("zoë@example.com"));
        var other = _bed.There.Create("persons", Person("b@example.com"));
        _bed.There.Edit("persons", person, new() { ["last_name"] = "Łódź 東京 🚀", ["custom_fields"] = new JsonObject { [shoe] = 42.5, [hobbies] = new JsonArray(1, 2) } });
        var call = _bed.There.Create("activities", new() { ["subject"] = "Intro", ["type"] = "call", ["due_date"] = "2026-10-02", ["due_time"] = "15:00" });
        _bed.There.Edit("activities", call, new() { ["duration"] = "00:30" });
        _bed.There.Merge("persons", person, other);
        _bed.There.Delete("activities", call);
        await _bed.Simulator.WebhooksIdleAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));

        var secrets = new PipedriveSecrets("forge:a-password-of-our-own");
        sink.Deliveries.ShouldAllBe(delivery => PipedriveAuth.Check(delivery.Headers["Authorization"], _bed.Time.GetUtcNow(), secrets) == PipedriveAuthCheck.Valid);
        var told = sink.Deliveries.Select(delivery => PipedriveWebhook.Read(delivery.Body, _bed.Time.GetUtcNow())).ToList();
        told.ShouldAllBe(delivery => delivery.Reading == PipedriveReading.Usable && delivery.CompanyId == "8000001");
        if (version == "2.0")
            told.Select(delivery => delivery.EventKey).ShouldBeUnique();
        var events = told.ConvertAll(delivery => delivery.Event);
        events.ShouldContain(e => e.Type == ChangeType.Created && e.Ref == new RemoteRef(RemoteKind.Contact, person) && e.Changes == null);
        events.ShouldContain(e => e.Type == ChangeType.Changed && e.Changes!.GetValueOrDefault("last_name") == "Łódź 東京 🚀" && e.Changes!.GetValueOrDefault(shoe) == "42.5" && !e.Changes!.ContainsKey("first_name"));
        events.ShouldContain(e => e.Ref == new RemoteRef(RemoteKind.Call, call) && e.Type == ChangeType.Changed && e.Changes!.GetValueOrDefault(PipedriveDue.Ends) == "2026-10-02T15:30:00Z");
        events.ShouldContain(e => e.Ref == new RemoteRef(RemoteKind.Call, call) && e.Type == ChangeType.Deleted);
        events.ShouldContain(e => e.Type == ChangeType.Changed && e.Changes!.GetValueOrDefault(hobbies) == (version == "2.0" ? "1;2" : "1,2"));
        // Two halves or one event: never a deletion of its own, which would take the other's data with it.
        var merges = events.FindAll(e => e.Type == ChangeType.Merged);
        merges.Count.ShouldBe(version == "2.0" ? 2 : 1);
        merges.ShouldAllBe(e => e.Ref == new RemoteRef(RemoteKind.Contact, person) && e.MergedIds!.Single() == other);
        events.ShouldNotContain(e => e.Ref == new RemoteRef(RemoteKind.Contact, other) && e.Type == ChangeType.Deleted);
        merges.ShouldNotContain(e => e.Changes != null && e.Changes.ContainsKey("id"));
    }

    [Fact]
    public async Task What_an_event_tells_of_a_record_is_what_a_read_returns()
    {
        await using var sink = await WebhookSink.StartAsync();
        _bed.There.AddWebhook(sink.Address);
        PipedriveDemoData.Fill(_bed.There, seed: 5, persons: 2, organizations: 2, deals: 2);
        var fields = new Dictionary<string, JsonNode?>
        {
            [_bed.There.AddField("deals", "Text", "varchar")] = "one",
            [_bed.There.AddField("deals", "Money", "monetary")] = new JsonObject { ["value"] = 200.5, ["currency"] = "EUR" },
            [_bed.There.AddField("deals", "Choice", "enum", (7, "Seven"))] = 7,
            [_bed.There.AddField("deals", "Choices", "set", (1, "One"), (2, "Two"))] = new JsonArray(1, 2),
            [_bed.There.AddField("deals", "Who", "user")] = 9001,
            [_bed.There.AddField("deals", "Span", "daterange")] = new JsonObject { ["value"] = "2026-01-01", ["until"] = "2026-02-01" },
            [_bed.There.AddField("deals", "Where", "address")] = new JsonObject { ["value"] = "Main Street 1", ["country"] = "Estonia" },
            [_bed.There.AddField("deals", "When", "time")] = new JsonObject { ["value"] = "12:00:00", ["timezone_id"] = 1 },
        };
        _bed.There.Edit("deals", "1", new() { ["title"] = "New", ["custom_fields"] = new JsonObject(fields.Select(field => KeyValuePair.Create(field.Key, field.Value))) });
        _bed.There.Edit("persons", "1", new() { ["phones"] = new JsonArray(new JsonObject { ["value"] = "+49 30 1", ["label"] = "Mobile" }) });
        _bed.There.Edit("organizations", "1", new() { ["website"] = "https://new.example", ["address"] = new JsonObject { ["value"] = "A", ["locality"] = "Tartu" } });
        await _bed.Simulator.WebhooksIdleAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));

        foreach (var told in sink.Deliveries.Select(delivery => PipedriveWebhook.Read(delivery.Body, _bed.Time.GetUtcNow()).Event))
        {
            var read = (await _bed.RunAsync(account => account.ReadAsync(told.Ref!.Value.Kind, [told.Ref.Value.Id], false, CancellationToken.None))).ShouldHaveSingleItem();
            var mapped = told.Changes!.Where(change => read.Properties.ContainsKey(change.Key) && change.Key is not "label" and not "visible_to").ToList();
            mapped.ShouldNotBeEmpty();
            foreach (var (property, value) in mapped)
                read.Properties[property].ShouldBe(value, property);
            told.Version.ShouldBe(read.UpdatedAt);
        }
    }

    private static JsonObject Person(string email) => new()
    {
        ["name"] = "Ada Example",
        ["emails"] = new JsonArray(new JsonObject { ["value"] = email, ["primary"] = true, ["label"] = "work" }),
    };
}
