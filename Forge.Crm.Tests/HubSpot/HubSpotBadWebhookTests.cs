using System.Text;
using CsCheck;
using Forge.Crm.Adapters;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Domain.Events;

namespace Forge.Crm.Tests.HubSpot;

/// <summary>An authentic delivery with something wrong in it: what is good in it is used, and nothing is ever an exception.</summary>
public sealed class HubSpotBadWebhookTests
{
    private const string Good = """{"eventId":1,"subscriptionId":2,"portalId":3,"occurredAt":1790000000000,"subscriptionType":"deal.creation","objectId":4}""";
    private static readonly DateTimeOffset ReceivedAt = DateTimeOffset.FromUnixTimeMilliseconds(1790000005000);

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("   ", "not JSON")]
    [InlineData("{}", "not a JSON array")]
    [InlineData("null", "not a JSON array")]
    [InlineData("\"[]\"", "not a JSON array")]
    [InlineData("[", "not JSON")]
    [InlineData("[{]", "not JSON")]
    [InlineData("[]]", "not JSON")]
    [InlineData("[] []", "not JSON")]
    [InlineData("[{},]", "not JSON")]
    [InlineData("[/**/]", "not JSON")]
    [InlineData("\uFEFF[]", "not JSON")]
    public void A_body_that_is_no_array_says_so(string body, string error)
    {
        var batch = Split(Encoding.UTF8.GetBytes(body));
        batch.Deliveries.ShouldBeEmpty();
        batch.Error.ShouldNotBeNull().ShouldContain(error);
    }

    [Fact]
    public void An_empty_array_is_no_error() => Split("[]"u8.ToArray()).ShouldBe(new HubSpotBatch([]));

    [Fact]
    public void A_body_may_be_nested_32_levels_deep_and_no_deeper()
    {
        Split(Nested(HubSpotWebhook.MaxDepth)).Error.ShouldBeNull();
        Split(Nested(HubSpotWebhook.MaxDepth + 1)).Error.ShouldNotBeNull();
        Split(Nested(100_000)).Error.ShouldNotBeNull();
    }

    [Fact]
    public void A_body_has_at_most_a_thousand_events()
    {
        Split(Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat(Good, 1_000))}]")).Deliveries.Length.ShouldBe(1_000);
        Split(Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat(Good, 1_001))}]")).Error.ShouldNotBeNull().ShouldContain("1000");
    }

    [Theory]
    [InlineData("null", "not an object")]
    [InlineData("17", "not an object")]
    [InlineData("[[{}]]", "not an object")]
    [InlineData("{}", "no portalId")]
    [InlineData("""{"portalId":-3}""", "no portalId")]
    [InlineData("""{"portalId":3.5}""", "no portalId")]
    [InlineData("""{"portalId":99999999999999999999}""", "no portalId")]
    [InlineData("""{"portalId":{"a":1}}""", "no portalId")]
    [InlineData("""{"portalId":3}""", "no occurredAt")]
    [InlineData("""{"portalId":3,"occurredAt":999999999999999999}""", "no occurredAt")]
    [InlineData("""{"portalId":3,"occurredAt":1790000000000}""", "no subscriptionType")]
    [InlineData("""{"portalId":3,"occurredAt":1790000000000,"subscriptionType":"deal.creation"}""", "no objectId")]
    [InlineData("""{"portalId":3,"occurredAt":1790000000000,"subscriptionType":"deal.creation","objectId":"x"}""", "no objectId")]
    [InlineData("""{"portalId":3,"occurredAt":1790000000000,"subscriptionType":"object.creation","objectId":4}""", "no objectTypeId")]
    [InlineData("""{"portalId":3,"occurredAt":1790000000000,"subscriptionType":"deal.propertyChange","objectId":4}""", "no propertyName")]
    [InlineData("""{"portalId":3,"occurredAt":1790000000000,"subscriptionType":"deal.merge","objectId":4}""", "no readable mergedObjectIds")]
    [InlineData("""{"portalId":3,"occurredAt":1790000000000,"subscriptionType":"deal.merge","objectId":4,"mergedObjectIds":[{}]}""", "no readable mergedObjectIds")]
    [InlineData("""{"portalId":3,"occurredAt":1790000000000,"subscriptionType":"deal.associationChange","fromObjectId":4}""", "no fromObjectId or toObjectId")]
    [InlineData("""{"portalId":3,"occurredAt":1790000000000,"subscriptionType":"deal.associationChange","fromObjectId":4,"toObjectId":5}""", "no associationType")]
    [InlineData("""{"portalId":3,"x":"\u0000"}""", "U+0000")]
    [InlineData("""{"portalId":3,"x":"\ud800"}""", "surrogate")]
    [InlineData("""{"portalId":3,"x":"\ud800\u0041"}""", "surrogate")]
    [InlineData("""{"portalId":3,"x":"\uDC00\uD800"}""", "surrogate")]
    [InlineData("""{"portalId":3,"x":"\ud83d\ude80\ud83d"}""", "surrogate")]
    public void A_bad_event_is_kept_with_its_reason_between_good_neighbours(string bad, string reason)
    {
        var batch = Split(Encoding.UTF8.GetBytes($"[{Good},{bad},{Good}]"));
        batch.Error.ShouldBeNull();
        batch.Deliveries.Select(delivery => delivery.Reading).ShouldBe([HubSpotReading.Usable, HubSpotReading.Unreadable, HubSpotReading.Usable]);
        var delivery = batch.Deliveries[1];
        delivery.Event.Type.ShouldBe(ChangeType.Unknown);
        delivery.Event.OccurredAt.ShouldBe(ReceivedAt);
        delivery.Reason.ShouldNotBeNull().ShouldContain(reason);
        Encoding.UTF8.GetString(delivery.Raw.Span).ShouldBe(bad);
        delivery.EventKey.ShouldMatch("^(3|-):sha256:[0-9a-f]{64}$");
    }

    [Theory]
    [InlineData("""{"x":"\ud83d\ude80"}""")]
    [InlineData("""{"x":"\\u0000"}""")]
    [InlineData("""{"x":"\\\\ud800"}""")]
    [InlineData("""{"x":"\"\n\u00e4"}""")]
    public void An_escape_that_means_a_character_is_no_flaw(string json) => JsonText.Flaw(Encoding.UTF8.GetBytes(json)).ShouldBeNull();

    [Fact]
    public void An_event_that_is_not_utf8_does_not_sink_its_neighbours()
    {
        byte[] body = [.. Encoding.UTF8.GetBytes($"[{Good},"), .. "{\"portalId\":3,\"x\":\""u8, 0xFF, .. "\"}"u8, .. Encoding.UTF8.GetBytes($",{Good}]")];
        var batch = Split(body);
        batch.Deliveries.Length.ShouldBe(3);
        batch.Deliveries[1].Reason.ShouldBe("The event is not UTF-8.");
        batch.Deliveries[1].PortalId.ShouldBe("3");
        batch.Deliveries[2].Reading.ShouldBe(HubSpotReading.Usable);
    }

    [Fact]
    public void No_bytes_whatever_make_it_throw()
    {
        var recorded = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Payloads", "hubspot-webhook-batch.json"));
        Gen.Select(Gen.Int[0, recorded.Length - 1], Gen.Byte, Gen.Int[0, 40], Gen.Byte.Array[0, 20]).Sample(
            (at, value, cut, inserted) =>
            {
                byte[] mutant = [.. recorded[..at], value, .. inserted, .. recorded[Math.Min(recorded.Length, at + cut)..]];
                Split(mutant);
                HubSpotWebhook.Read(mutant, ReceivedAt);
                HubSpotWebhook.Read(mutant.AsMemory(at), ReceivedAt);
            },
            iter: 20_000);
    }

    [Fact]
    public void No_value_whatever_makes_a_member_throw()
    {
        string[] values = ["null", "true", "1", "-1", "1e400", "\"\"", "\"\\u0041\"", "\"CONTACT_TO_\"", "\"0-1\"", "[]", "[[1]]", "{}", "{\"a\":[1]}", "\"contact.\"", "\".\""];
        var names = Enum.GetNames<HubSpotMember>().Select(name => char.ToLowerInvariant(name[0]) + name[1..]).ToArray();
        string[] types = ["contact.merge", "object.associationChange", "deal.propertyChange", "object.creation"];
        Gen.Select(OneOf(types), OneOf(names), OneOf(values), OneOf(names), OneOf(values)).Sample(
            (type, name, value, other, otherValue) => Split(Encoding.UTF8.GetBytes(
                $$"""[{"portalId":3,"occurredAt":1790000000000,"objectId":4,"subscriptionType":"{{type}}","{{name}}":{{value}},"{{other}}":{{otherValue}}}]"""))
                .Deliveries.ShouldHaveSingleItem(),
            iter: 20_000);
    }

    private static Gen<string> OneOf(string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static byte[] Nested(int depth) =>
        Encoding.UTF8.GetBytes($"[{{\"a\":{new string('[', depth - 2)}{new string(']', depth - 2)}}}]");

    private static HubSpotBatch Split(byte[] body) => HubSpotWebhook.Split(body, ReceivedAt);
}
