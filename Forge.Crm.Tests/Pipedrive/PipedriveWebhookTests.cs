using System.Text;
using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Pipedrive;

public sealed class PipedriveWebhookTests
{
    private const string Custom = "3d0fa3429dfa2d3dec265b4fc5dc8258ab66cdf3";
    private static readonly DateTimeOffset ReceivedAt = new(2026, 9, 22, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset ToldAt = new(2026, 9, 21, 12, 0, 0, 461, TimeSpan.Zero);

    public static TheoryData<string> Payloads => new(
        Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Payloads"), "pipedrive-*webhook*.json").Select(path => Path.GetFileName(path)!));

    [Theory]
    [MemberData(nameof(Payloads))]
    public void Every_recorded_delivery_reads(string file)
    {
        var delivery = Read(Payload(file));
        delivery.CompanyId.ShouldBe("8000001");
        delivery.Reading.ShouldBe(file.Contains("user", StringComparison.Ordinal) ? PipedriveReading.NotUsed : PipedriveReading.Usable, delivery.Reason);
        PipedriveWebhook.Read(delivery.Raw.ToArray(), ReceivedAt).EventKey.ShouldBe(delivery.EventKey);
        delivery.Event.OccurredAt.ShouldBeLessThanOrEqualTo(ReceivedAt);
    }

    [Fact]
    public void All_recorded_deliveries_are_different_events() =>
        ((IEnumerable<object[]>)Payloads).Select(row => Read(Payload((string)row[0])).EventKey).ShouldBeUnique();

    [Theory]
    [InlineData("deal-create", ChangeType.Created, RemoteKind.Deal, "8")]
    [InlineData("deal-change", ChangeType.Changed, RemoteKind.Deal, "8")]
    [InlineData("deal-delete", ChangeType.Deleted, RemoteKind.Deal, "8")]
    [InlineData("person-change", ChangeType.Changed, RemoteKind.Contact, "8")]
    [InlineData("person-merge-change", ChangeType.Merged, RemoteKind.Contact, "8")]
    [InlineData("person-merge-delete", ChangeType.Merged, RemoteKind.Contact, "8")]
    [InlineData("organization-create", ChangeType.Created, RemoteKind.Company, "1")]
    [InlineData("activity-create", ChangeType.Created, RemoteKind.Call, "2")]
    [InlineData("lead-create", ChangeType.Created, RemoteKind.Lead, "b1810230-6c0d-41ed-9826-a53d0eb706a5")]
    public void A_delivery_says_what_happened_to_what(string file, ChangeType type, RemoteKind kind, string id)
    {
        var told = Read(Payload($"pipedrive-webhook-v2-{file}.json")).Event;
        (told.Type, told.Ref, told.OccurredAt, told.Actor).ShouldBe((type, new RemoteRef(kind, id), ToldAt, "userId:9001"));
    }

    [Fact]
    public void A_change_tells_only_of_the_fields_that_changed()
    {
        var told = Read(Payload("pipedrive-webhook-v2-deal-change.json")).Event;
        told.Changes.ShouldBe(
            new Dictionary<string, string?>
            {
                ["stage_id"] = "3",
                ["update_time"] = "2026-09-21T12:00:00Z",
                ["stage_change_time"] = "2026-09-21T12:00:00Z",
                [Custom] = "200",
            }, ignoreOrder: true);
        told.Version.ShouldBe(new DateTimeOffset(2026, 9, 21, 12, 0, 0, TimeSpan.Zero));
        Read(Payload("pipedrive-webhook-v2-person-change.json")).Event.Changes.ShouldBe(
            new Dictionary<string, string?> { ["first_name"] = "Ada", ["name"] = "Ada Example" }, ignoreOrder: true);
    }

    [Fact]
    public void Version_1_is_read_to_the_same_event()
    {
        var told = Read(Payload("pipedrive-v1-deal-updated-webhook.json")).Event;
        (told.Type, told.Ref, told.Actor).ShouldBe((ChangeType.Changed, new RemoteRef(RemoteKind.Deal, "8"), "userId:9001"));
        told.Changes!["stage_id"].ShouldBe("3");
        told.Changes[Custom].ShouldBe("200");
        told.Changes.ContainsKey("title").ShouldBeFalse();
        told.Version.ShouldBe(new DateTimeOffset(2026, 9, 21, 12, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public void A_version_is_told_to_the_second_as_reads_show_it()
    {
        var body = JsonNode.Parse(Payload("pipedrive-webhook-v2-deal-change.json"))!;
        body["data"]!["update_time"] = "2026-09-21T12:00:00.675Z";
        Read(Encoding.UTF8.GetBytes(body.ToJsonString())).Event.Version.ShouldBe(new DateTimeOffset(2026, 9, 21, 12, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public void Both_halves_of_a_merge_name_survivor_and_loser()
    {
        foreach (var half in new[] { "change", "delete" })
            Read(Payload($"pipedrive-webhook-v2-person-merge-{half}.json")).Event.MergedIds.ShouldBe(["9"]);
    }

    [Fact]
    public void A_deletion_alone_merges_nothing()
    {
        var told = Read(Payload("pipedrive-webhook-v2-deal-delete.json")).Event;
        (told.MergedIds, told.Changes, told.Version).ShouldBe((null, null, null));
    }

    [Fact]
    public void What_a_program_did_names_it() =>
        Read(Payload("pipedrive-webhook-v2-deal-change-api-echo.json")).Event.Actor.ShouldBe("api:9001");

    [Fact]
    public void The_attempt_is_no_part_of_the_key() =>
        Changed(meta => meta["attempt"] = 4).EventKey.ShouldBe(Changed(_ => { }).EventKey);

    [Theory]
    [InlineData("id", "22222222-0000-4000-8000-000000000002")]
    [InlineData("company_id", "7")]
    [InlineData("action", "create")]
    [InlineData("entity", "person")]
    [InlineData("entity_id", "9")]
    public void Whatever_else_differs_makes_another_key(string member, string value) =>
        Changed(meta => meta[member] = value).EventKey.ShouldNotBe(Changed(_ => { }).EventKey);

    [Fact]
    public void An_event_without_an_id_of_its_own_is_told_apart_by_its_time()
    {
        var first = Changed(meta => meta["id"] = "8");
        first.EventKey.ShouldNotBe(Changed(meta => (meta["id"], meta["timestamp"]) = ("8", "2026-09-21T12:00:01.000Z")).EventKey);
        first.EventKey.ShouldBe(Changed(meta => (meta["id"], meta["attempt"]) = ("8", 2)).EventKey);
    }

    [Fact]
    public void An_event_that_comes_long_after_the_edit_has_the_edits_time() =>
        Changed(meta => meta["timestamp"] = "2026-09-21T12:03:00.000Z").Event.OccurredAt.ShouldBe(new DateTimeOffset(2026, 9, 21, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void A_time_that_lies_ahead_is_kept_and_counts_as_the_time_of_receipt_among_other_systems()
    {
        var told = PipedriveWebhook.Read(Payload("pipedrive-webhook-v2-deal-delete.json"), ToldAt.AddHours(-1)).Event;
        told.OccurredAt.ShouldBeGreaterThan(ToldAt.AddHours(-1));
        told.StampBy(Platform.Pipedrive).NotAfter(told.ReceivedAt).At.ShouldBe(ToldAt.AddHours(-1));
    }

    [Fact]
    public void Seconds_will_do_for_a_time() =>
        Changed(meta => meta["timestamp"] = 1_790_000_000).Event.OccurredAt.ShouldBe(new DateTimeOffset(2026, 9, 21, 12, 0, 0, TimeSpan.Zero), TimeSpan.FromHours(3));

    [Theory]
    [InlineData("product")]
    [InlineData("pipeline")]
    [InlineData("stage")]
    [InlineData("user")]
    [InlineData("something-new")]
    public void Something_that_we_do_not_sync_is_authentic_and_ignored(string entity)
    {
        var delivery = Changed(meta => meta["entity"] = entity);
        (delivery.Reading, delivery.Reason, delivery.Event.Type, delivery.CompanyId).ShouldBe((PipedriveReading.NotUsed, "type not used", ChangeType.Unknown, "8000001"));
    }

    [Theory]
    [InlineData("company_id", "has no company_id")]
    [InlineData("action", "has no action")]
    [InlineData("entity", "has no entity")]
    [InlineData("entity_id", "has no entity id")]
    [InlineData("timestamp", "has no timestamp")]
    public void What_is_missing_is_said(string member, string reason)
    {
        var delivery = Changed(meta => meta.Remove(member));
        delivery.Reading.ShouldBe(PipedriveReading.Unreadable);
        delivery.Reason.ShouldBe($"The event {reason}.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("17")]
    [InlineData("{} {}")]
    [InlineData("""{"meta":17,"data":[],"previous":"x"}""")]
    [InlineData("""{"meta":{"company_id":{},"action":[],"entity":{},"entity_id":[]}}""")]
    [InlineData("""{"data":"a\u0000b"}""")]
    [InlineData("""{"data":"\ud800"}""")]
    public void A_body_that_cannot_be_read_throws_nothing(string body)
    {
        var delivery = Read(Encoding.UTF8.GetBytes(body));
        delivery.Reading.ShouldBe(PipedriveReading.Unreadable);
        delivery.EventKey.ShouldNotBe(Read(Encoding.UTF8.GetBytes(body + " ")).EventKey);
    }

    [Fact]
    public void Neither_do_bytes_that_are_no_text_nor_a_depth_bomb()
    {
        Read([0xEF, 0xBB, 0xBF, (byte)'{', (byte)'}']).Reading.ShouldBe(PipedriveReading.Unreadable);
        Read([(byte)'"', 0xE9, (byte)'"']).Reading.ShouldBe(PipedriveReading.Unreadable);
        Read(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("[", 100_000)))).Reading.ShouldBe(PipedriveReading.Unreadable);
    }

    [Fact]
    public void A_key_that_would_be_too_long_is_a_digest()
    {
        var delivery = Changed(meta => meta["entity_id"] = new string('8', 10_000));
        delivery.EventKey.Length.ShouldBeLessThan(200);
    }

    private static PipedriveDelivery Changed(Action<JsonObject> change)
    {
        var body = JsonNode.Parse(Payload("pipedrive-webhook-v2-deal-change.json"))!.AsObject();
        change(body["meta"]!.AsObject());
        return Read(Encoding.UTF8.GetBytes(body.ToJsonString()));
    }

    private static PipedriveDelivery Read(byte[] body) => PipedriveWebhook.Read(body, ReceivedAt);

    private static byte[] Payload(string file) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Payloads", file));
}
