using System.Text;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.HubSpot;

public sealed class HubSpotWebhookTests
{
    private static readonly DateTimeOffset ReceivedAt = DateTimeOffset.FromUnixTimeMilliseconds(1790000005000);

    public static TheoryData<string> Payloads =>
        new(Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Payloads"), "hubspot-*.json").Select(path => Path.GetFileName(path)!));

    [Theory]
    [MemberData(nameof(Payloads))]
    public void Every_event_of_a_recorded_batch_reads(string file)
    {
        var batch = Split(Payload(file));
        batch.Error.ShouldBeNull();
        batch.Deliveries.ShouldNotBeEmpty();
        foreach (var delivery in batch.Deliveries)
        {
            delivery.Reading.ShouldBe(HubSpotReading.Usable, delivery.Reason);
            delivery.PortalId.ShouldBe("62515");
            delivery.Event.Ref.ShouldNotBeNull();
            HubSpotWebhook.Read(delivery.Raw.ToArray(), ReceivedAt).EventKey.ShouldBe(delivery.EventKey);
        }

        batch.Deliveries.Select(delivery => delivery.EventKey).Distinct().Count().ShouldBe(batch.Deliveries.Length);
    }

    [Fact]
    public void The_classic_batch_reads_as_what_it_says()
    {
        var events = Split(Payload("hubspot-webhook-batch.json")).Deliveries.Select(delivery => delivery.Event).ToList();
        events.Select(told => (told.Type, told.Ref!.Value.Kind, told.Ref!.Value.Id)).ShouldBe(
        [
            (ChangeType.Created, RemoteKind.Contact, "701"),
            (ChangeType.Changed, RemoteKind.Contact, "701"),
            (ChangeType.Deleted, RemoteKind.Contact, "702"),
            (ChangeType.Erased, RemoteKind.Contact, "702"),
            (ChangeType.Merged, RemoteKind.Contact, "705"),
            (ChangeType.Restored, RemoteKind.Contact, "706"),
            (ChangeType.Associated, RemoteKind.Contact, "701"),
            (ChangeType.Associated, RemoteKind.Contact, "701"),
            (ChangeType.Changed, RemoteKind.Deal, "29467931466"),
        ]);
        events[1].ShouldBe(new(
            ChangeType.Changed, new(RemoteKind.Contact, "701"), At(1790000000456), "firstname", "Zoë", Actor: "userId:9001")
        {
            ReceivedAt = ReceivedAt,
        });
        events[4].MergedIds.ShouldBe(["704", "703"]);
        events[6].AssociatedKind.ShouldBe(RemoteKind.Company);
        events[7].AssociatedKind.ShouldBe(RemoteKind.Company);
        events[8].Actor.ShouldBe("INTEGRATION:54321");
    }

    [Fact]
    public void The_generic_batch_reads_by_object_type_id()
    {
        var events = Split(Payload("hubspot-webhook-batch-generic.json")).Deliveries.Select(delivery => delivery.Event).ToList();
        events.Select(told => (told.Type, told.Ref!.Value.Kind, told.Ref!.Value.Id)).ShouldBe(
        [
            (ChangeType.Created, RemoteKind.Call, "501"),
            (ChangeType.Changed, RemoteKind.Task, "601"),
            (ChangeType.Deleted, RemoteKind.Meeting, "471"),
            (ChangeType.Associated, RemoteKind.Call, "501"),
        ]);
        events[3].AssociatedKind.ShouldBe(RemoteKind.Contact);
    }

    [Fact]
    public void The_events_bytes_are_kept_as_they_came()
    {
        const string first = """{ "eventId":1,"subscriptionId":2,"portalId":3,"occurredAt":1790000000000,"subscriptionType":"deal.creation","objectId":4 }""";
        const string second = """{"portalId":3,"occurredAt":1790000000000,"subscriptionType":"deal.creation","objectId":5}""";
        var deliveries = Split($" [ {first} ,\n{second}] ").Deliveries;
        deliveries.Select(delivery => Encoding.UTF8.GetString(delivery.Raw.Span)).ShouldBe([first, second]);
    }

    [Fact]
    public void The_attempt_is_no_part_of_the_key() =>
        Only(Element("\"attemptNumber\":0")).EventKey.ShouldBe(Only(Element("\"attemptNumber\":7")).EventKey);

    [Theory]
    [InlineData("\"eventId\":9")]
    [InlineData("\"subscriptionId\":9")]
    [InlineData("\"portalId\":9")]
    [InlineData("\"objectId\":9")]
    [InlineData("\"occurredAt\":1790000000001")]
    [InlineData("\"propertyName\":\"lastname\"")]
    public void Whatever_else_differs_makes_another_key(string member) =>
        Only(Element(member)).EventKey.ShouldNotBe(Only(Element("\"attemptNumber\":0")).EventKey);

    [Fact]
    public void The_two_directions_of_an_association_are_two_events_of_the_same_record()
    {
        var forward = Only(Association("DEAL_TO_COMPANY", 1, 2));
        var backward = Only(Association("COMPANY_TO_DEAL", 2, 1));
        forward.Event.ShouldBe(backward.Event);
        forward.Event.Ref.ShouldBe(new RemoteRef(RemoteKind.Deal, "1"));
        forward.Event.AssociatedKind.ShouldBe(RemoteKind.Company);
        forward.EventKey.ShouldNotBe(backward.EventKey);
        Only(Association("DEAL_TO_COMPANY", 1, 3)).EventKey.ShouldNotBe(forward.EventKey);
    }

    [Theory]
    [InlineData("CONTACT_TO_CONTACT", "association not used")]
    [InlineData("CONTACT_TO_TICKET", "type not used")]
    public void An_association_that_the_hub_does_not_keep_is_not_used(string type, string reason)
    {
        var delivery = Only(Association(type, 1, 2));
        delivery.Reading.ShouldBe(HubSpotReading.NotUsed);
        delivery.Reason.ShouldBe(reason);
    }

    [Theory]
    [InlineData("ticket.creation")]
    [InlineData("conversation.newMessage")]
    [InlineData("event.completed")]
    [InlineData("contact.somethingNew")]
    [InlineData("nonsense")]
    public void A_type_that_we_do_not_use_is_authentic_and_ignored(string type)
    {
        var delivery = Only(Element($"\"subscriptionType\":\"{type}\""));
        delivery.Reading.ShouldBe(HubSpotReading.NotUsed);
        delivery.Event.Type.ShouldBe(ChangeType.Unknown);
        delivery.Reason.ShouldBe("type not used");
        delivery.PortalId.ShouldBe("3");
    }

    [Fact]
    public void A_custom_objects_generic_event_is_not_used() =>
        Only(Element("\"subscriptionType\":\"object.creation\",\"objectTypeId\":\"2-4711\"")).Reading.ShouldBe(HubSpotReading.NotUsed);

    [Fact]
    public void The_type_may_be_called_event_type() =>
        Only("""{"portalId":3,"occurredAt":1790000000000,"eventType":"deal.creation","objectId":4}""").Event.Type.ShouldBe(ChangeType.Created);

    [Fact]
    public void Ids_may_be_strings()
    {
        var delivery = Only("""{"portalId":"3","occurredAt":"1790000000000","subscriptionType":"deal.merge","primaryObjectId":"4","mergedObjectIds":["5",6]}""");
        delivery.Event.Ref.ShouldBe(new RemoteRef(RemoteKind.Deal, "4"));
        delivery.Event.MergedIds.ShouldBe(["5", "6"]);
        delivery.Event.OccurredAt.ShouldBe(At(1790000000000));
    }

    [Fact]
    public void A_time_that_lies_ahead_counts_as_the_time_of_receipt_and_only_about()
    {
        var told = Only(Element("\"occurredAt\":1890000000000")).Event;
        told.OccurredAt.ShouldBe(At(1890000000000)); // for comparing with HubSpot's own times
        told.StampBy(Platform.HubSpot).NotAfter(told.ReceivedAt).ShouldBe(new Stamp(ReceivedAt, Platform.HubSpot, IsApproximate: true));
    }

    [Fact]
    public void A_time_in_seconds_is_read_as_one() =>
        Only(Element("\"occurredAt\":1790000000")).Event.OccurredAt.ShouldBe(At(1790000000000));

    private static HubSpotDelivery Only(string element) => Split($"[{element}]").Deliveries.ShouldHaveSingleItem();

    private static HubSpotBatch Split(string body) => Split(Encoding.UTF8.GetBytes(body));

    private static HubSpotBatch Split(byte[] body) => HubSpotWebhook.Split(body, ReceivedAt);

    // A member that is given twice counts as given last.
    private static string Element(string member) =>
        $$"""{"eventId":1,"subscriptionId":2,"portalId":3,"occurredAt":1790000000000,"subscriptionType":"contact.propertyChange","objectId":4,"propertyName":"firstname","propertyValue":"Ann",{{member}}}""";

    private static string Association(string type, int from, int to) =>
        $$"""{"eventId":1,"subscriptionId":2,"portalId":3,"occurredAt":1790000000000,"subscriptionType":"contact.associationChange","associationType":"{{type}}","fromObjectId":{{from}},"toObjectId":{{to}}}""";

    private static byte[] Payload(string file) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Payloads", file));

    private static DateTimeOffset At(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}
