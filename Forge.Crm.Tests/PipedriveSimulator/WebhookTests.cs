using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Forge.Crm.Tests.HubSpotSimulation;

namespace Forge.Crm.Tests.PipedriveSimulation;

public sealed class WebhookTests
{
    [Fact]
    public async Task A_webhook_hears_what_it_was_made_for_and_brings_its_password()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        await using var sink = await WebhookSink.StartAsync();
        var made = await pipedrive.PostAsync("/v1/webhooks", new
        {
            subscription_url = sink.Address,
            event_action = "change",
            event_object = "person",
            name = "Forge",
            http_auth_user = "u",
            http_auth_password = "p",
        });
        (made.Status, made.Data!["version"]!.ToString(), made.Data["is_active"]!.GetValue<int>()).ShouldBe((HttpStatusCode.Created, "2.0", 1));
        var id = pipedrive.Person("Ada");
        pipedrive.Account.Edit("persons", id, new() { ["name"] = "Eva" });
        pipedrive.Account.Create("organizations", new() { ["name"] = "Org" });
        await pipedrive.WebhooksAsync();
        var delivery = sink.Deliveries.ShouldHaveSingleItem();
        delivery.Headers["Authorization"].ShouldBe("Basic dTpw");
        var body = JsonNode.Parse(delivery.Body)!;
        (body["meta"]!["action"]!.ToString(), body["meta"]!["entity_id"]!.ToString(), body["meta"]!["attempt"]!.GetValue<int>()).ShouldBe(("change", id, 1));
        body["previous"]!.ToJsonString().ShouldBe("""{"name":"Ada","first_name":"Ada"}""");
        (await pipedrive.DeleteAsync($"/v1/webhooks/{made.Data["id"]}")).Status.ShouldBe(HttpStatusCode.OK);
        (await pipedrive.GetAsync("/v1/webhooks")).Data!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Webhooks_show_some_things_otherwise_than_the_API()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        await using var sink = await WebhookSink.StartAsync();
        pipedrive.Account.AddWebhook(sink.Address);
        var money = pipedrive.Account.AddField("deals", "Money", "monetary");
        pipedrive.Account.Create("deals", new() { ["title"] = "Deal", ["custom_fields"] = new JsonObject { [money] = new JsonObject { ["value"] = 200, ["currency"] = "EUR" } } });
        pipedrive.Account.Create("activities", new() { ["subject"] = "Call", ["due_date"] = "2026-10-02", ["due_time"] = "15:00" });
        await pipedrive.WebhooksAsync();
        var bodies = sink.Deliveries.Select(delivery => JsonNode.Parse(delivery.Body)!).ToList();
        var deal = bodies.Single(body => body["meta"]!["entity"]!.ToString() == "deal");
        deal["data"]!["custom_fields"]![money]!.ToJsonString().ShouldBe("""{"type":"monetary","value":200,"currency":"EUR"}""");
        deal["data"]!["visible_to"]!.GetValue<string>().ShouldBe("3");
        deal["previous"].ShouldBeNull();
        bodies.Single(body => body["meta"]!["entity"]!.ToString() == "activity")["data"]!["due_time"]!.ToJsonString().ShouldBe("""{"timezone_id":null,"value":"15:00:00"}""");
    }

    [Fact]
    public async Task A_merge_is_told_as_a_deletion_and_a_change_that_name_each_other()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        await using var sink = await WebhookSink.StartAsync();
        var (survivor, loser) = (pipedrive.Person("Ada"), pipedrive.Person("Ada L"));
        pipedrive.Account.AddWebhook(sink.Address);
        pipedrive.Account.Merge("persons", survivor, loser);
        await pipedrive.WebhooksAsync();
        var metas = sink.Deliveries.Select(delivery => JsonNode.Parse(delivery.Body)!["meta"]!).ToDictionary(meta => meta["action"]!.ToString());
        (metas["delete"]["entity_id"]!.ToString(), metas["delete"]["merged_to_id"]!.ToString()).ShouldBe((loser, survivor));
        (metas["change"]["entity_id"]!.ToString(), metas["change"]["merged_from_id"]!.ToString()).ShouldBe((survivor, loser));
    }

    [Fact]
    public async Task A_delivery_that_fails_comes_again_after_3_30_and_150_seconds_and_then_no_more()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        await using var sink = await WebhookSink.StartAsync();
        sink.Status = _ => 503;
        var webhook = pipedrive.Account.AddWebhook(sink.Address);
        pipedrive.Person("Ada");
        await pipedrive.WebhooksAsync();
        sink.Deliveries.Select(delivery => JsonNode.Parse(delivery.Body)!["meta"]!["attempt"]!.GetValue<int>()).ShouldBe([1, 2, 3, 4]);
        sink.Deliveries.Select(delivery => JsonNode.Parse(delivery.Body)!["meta"]!["id"]!.ToString()).Distinct().Count().ShouldBe(1);
        webhook.LastDeliveryAt.ShouldBe(PipedriveFixture.Start + TimeSpan.FromSeconds(183));
        pipedrive.Account.WebhookCounts.GivenUp.ShouldBe(1);
    }

    [Fact]
    public async Task A_delivery_that_succeeds_late_counts_as_delivered()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        await using var sink = await WebhookSink.StartAsync();
        sink.Status = delivery => delivery < 2 ? 500 : 200;
        pipedrive.Account.AddWebhook(sink.Address);
        pipedrive.Person("Ada");
        await pipedrive.WebhooksAsync();
        pipedrive.Account.WebhookCounts.ShouldBe(new(Raised: 1, Delivered: 1, Duplicated: 0, Dropped: 0, Lost: 0, FailedDeliveries: 2, GivenUp: 0));
    }

    [Fact]
    public async Task A_delivery_that_is_not_answered_in_ten_seconds_has_failed()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var webhook = pipedrive.Account.AddWebhook(new($"http://{silent.LocalEndpoint}"));
        (pipedrive.Simulator.Webhooks.Timeout, pipedrive.Simulator.Webhooks.RetryDelays) = (PipedriveFixture.DeliveryLimit, []);
        pipedrive.Person("Ada");
        await pipedrive.WebhooksAsync();
        (webhook.LastStatus, webhook.LastDeliveryAt).ShouldBe((0, PipedriveFixture.Start + PipedriveFixture.DeliveryLimit));
    }

    [Fact]
    public async Task Ten_failures_stop_a_webhook_for_half_an_hour_and_what_happens_meanwhile_is_lost()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        await using var sink = await WebhookSink.StartAsync();
        sink.Status = delivery => delivery < 10 ? 401 : 200;
        (pipedrive.Simulator.Webhooks.RetryDelays, var webhook) = ([], pipedrive.Account.AddWebhook(sink.Address));
        for (var i = 0; i < 10; i++)
        {
            pipedrive.Person($"P {i}");
            await pipedrive.WebhooksAsync();
        }

        webhook.BannedUntil.ShouldNotBeNull();
        pipedrive.Person("Lost");
        await pipedrive.WebhooksAsync();
        (sink.Deliveries.Count, pipedrive.Account.WebhookCounts.Lost).ShouldBe((10, 1));
        pipedrive.Clock.Advance(TimeSpan.FromMinutes(30));
        pipedrive.Person("Heard");
        await pipedrive.WebhooksAsync();
        (sink.Deliveries.Count, webhook.BannedUntil, webhook.Failures).ShouldBe((11, null, 0));
    }

    [Fact]
    public async Task A_webhook_that_heard_no_success_for_three_days_is_deleted()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        await using var sink = await WebhookSink.StartAsync();
        sink.Status = _ => 500;
        pipedrive.Account.AddWebhook(sink.Address);
        pipedrive.Person("Ada");
        await pipedrive.WebhooksAsync();
        (await pipedrive.GetAsync("/v1/webhooks")).Data!.AsArray().Count.ShouldBe(1);
        pipedrive.Clock.Advance(TimeSpan.FromDays(3));
        pipedrive.Person("Eva");
        await pipedrive.WebhooksAsync();
        (await pipedrive.GetAsync("/v1/webhooks")).Data!.AsArray().ShouldBeEmpty();
        sink.Deliveries.Count.ShouldBe(5);
    }

    [Fact]
    public async Task Events_come_twice_or_not_at_all_where_that_is_wanted()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        await using var sink = await WebhookSink.StartAsync();
        pipedrive.Account.AddWebhook(sink.Address);
        pipedrive.Simulator.Webhooks.Duplicates = 1;
        pipedrive.Person("Twice");
        await pipedrive.WebhooksAsync();
        sink.Deliveries.Count.ShouldBe(2);
        pipedrive.Simulator.Webhooks.Drops = 1;
        pipedrive.Person("Never");
        await pipedrive.WebhooksAsync();
        sink.Deliveries.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"event_action":"*","event_object":"*","name":"x"}""")]
    [InlineData("""{"subscription_url":"https://x.example","event_action":"merged","event_object":"*","name":"x"}""")]
    [InlineData("""{"subscription_url":"https://x.example","event_action":"*","event_object":"ticket","name":"x"}""")]
    [InlineData("""{"subscription_url":"https://x.example","event_action":"*","event_object":"*"}""")]
    [InlineData("""{"subscription_url":"https://x.example","event_action":"*","event_object":"*","name":"x","version":"3.0"}""")]
    public async Task A_webhook_that_makes_no_sense_is_refused(string body)
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        (await pipedrive.PostAsync("/v1/webhooks", body)).Status.ShouldBe(HttpStatusCode.BadRequest);
    }
}
