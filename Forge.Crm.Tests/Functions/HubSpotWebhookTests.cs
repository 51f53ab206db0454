using System.Net;
using System.Text;
using Forge.Crm.Tests.Timers;

namespace Forge.Crm.Tests.Functions;

public sealed class HubSpotWebhookTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    [Fact]
    public async Task An_authentic_batch_is_in_the_journal_when_it_is_answered()
    {
        var (tenant, portal) = await fixture.ConnectAsync();

        (await fixture.SendAsync(new SignedWebhook(SignedWebhook.Batch(portal, 3)))).ShouldBe((202, """{"accepted":3,"duplicates":0}"""));

        (await fixture.JournalAsync(tenant)).ShouldBe(["pending|701", "pending|702", "pending|703"]);
    }

    [Fact]
    public async Task The_journal_holds_each_event_in_the_bytes_that_were_signed()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        var element = SignedWebhook.Event(portal, 1).Replace("Zoë", "Zo\\u00eb \\/ 東京 🚀  ", StringComparison.Ordinal);

        (await fixture.SendAsync(new SignedWebhook($"[\r\n  {element} ]\r\n"))).Status.ShouldBe(202);

        Encoding.UTF8.GetString((await fixture.Hub.ScalarAsync<byte[]>($"select raw from crm_webhook_events where tenant_id = '{tenant}'"))!)
            .ShouldBe(element);
    }

    [Fact]
    public async Task A_delivery_that_comes_again_changes_nothing()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        var webhook = new SignedWebhook(SignedWebhook.Batch(portal, 2));
        await fixture.SendAsync(webhook);

        (await fixture.SendAsync(webhook)).ShouldBe((202, """{"accepted":2,"duplicates":2}"""));

        (await fixture.JournalAsync(tenant)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Forty_deliveries_of_one_event_at_once_are_one_event()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        var webhook = new SignedWebhook($"[{SignedWebhook.Event(portal, 9)}]");

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => fixture.SendAsync(webhook)));

        answers.ShouldAllBe(answer => answer.Status == 202);
        answers.Count(answer => answer.Body == """{"accepted":1,"duplicates":0}""").ShouldBe(1);
        (await fixture.JournalAsync(tenant)).ShouldBe(["pending|9"]);
    }

    [Fact]
    public async Task A_lane_is_rung_for_what_is_new_and_its_message_names_ids_only()
    {
        var (tenant, portal) = await fixture.ConnectAsync(lanes: 4);
        await fixture.SendAsync(new SignedWebhook(SignedWebhook.Batch(portal, 20)));
        await fixture.SendAsync(new SignedWebhook(SignedWebhook.Batch(portal, 20)));

        var lanes = await fixture.Hub.RowsAsync($"select distinct lane from crm_webhook_events where tenant_id = '{tenant}' order by lane");
        List<string> rings = [];
        await Wait.UntilAsync(
            async () => (rings = await fixture.Hub.RowsAsync($"""
                select session_id, convert_from(body, 'utf8') from local_bus.messages where session_id like '{tenant}:%' order by session_id
                """)).Count >= lanes.Count,
            "not every lane was rung for");
        rings.Select(ring => ring.Split('|')[0]).ShouldBe(lanes.Select(lane => $"{tenant}:hubspot:{lane}"));
        rings.ShouldAllBe(ring => !ring.Contains("Zo", StringComparison.Ordinal) && ring.Length < 4096);
    }

    [Fact]
    public async Task Two_tenants_that_share_a_portal_both_hear_of_it()
    {
        var portal = WebhookFixture.NewPortal();
        var (first, second) = (await fixture.ConnectAsync(portal), await fixture.ConnectAsync(portal));

        (await fixture.SendAsync(new SignedWebhook($"[{SignedWebhook.Event(portal, 5)}]"))).Status.ShouldBe(202);

        (await fixture.JournalAsync(first)).ShouldBe(["pending|5"]);
        (await fixture.JournalAsync(second)).ShouldBe(["pending|5"]);
    }

    [Fact]
    public async Task Portals_that_nobody_connected_are_accepted_and_dropped()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        var stranger = WebhookFixture.NewPortal();

        (await fixture.SendAsync(new SignedWebhook($"[{SignedWebhook.Event(stranger, 1)},{SignedWebhook.Event(portal, 2)}]")))
            .ShouldBe((202, """{"accepted":1,"duplicates":0}"""));

        (await fixture.JournalAsync(tenant)).ShouldBe(["pending|2"]);
    }

    [Fact]
    public async Task Types_that_we_do_not_use_are_accepted_and_ignored()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        var ticket = SignedWebhook.Event(portal, 1).Replace("contact.propertyChange", "ticket.creation", StringComparison.Ordinal);

        (await fixture.SendAsync(new SignedWebhook($"[{ticket}]"))).Status.ShouldBe(202);

        (await fixture.JournalAsync(tenant)).Single().ShouldStartWith("ignored|");
    }

    [Fact]
    public async Task A_bad_element_is_journaled_as_failed_and_its_neighbours_are_pending()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        byte[][] elements =
        [
            Encoding.UTF8.GetBytes(SignedWebhook.Event(portal, 1, 1)),
            Encoding.Latin1.GetBytes(SignedWebhook.Event(portal, 2, 2)),
            Encoding.UTF8.GetBytes(SignedWebhook.Event(portal, 3, 3).Replace("Zoë", "a\\u0000b", StringComparison.Ordinal)),
            Encoding.UTF8.GetBytes(SignedWebhook.Event(portal, 4, 4).Replace("Zoë", "\\ud800", StringComparison.Ordinal)),
            "17"u8.ToArray(),
            Encoding.UTF8.GetBytes($$"""{"portalId":{{portal}}}"""),
            Encoding.UTF8.GetBytes(SignedWebhook.Event(portal, 7, 7)),
        ];
        byte[] body = [(byte)'[', .. elements.SelectMany((element, i) => i == 0 ? element : [(byte)',', .. element]), (byte)']'];

        (await fixture.SendAsync(new SignedWebhook(body))).Status.ShouldBe(202);

        var journal = await fixture.Hub.RowsAsync(
            $"select status, coalesce(reason, '') <> '' from crm_webhook_events where tenant_id = '{tenant}' order by status");
        journal.ShouldBe([.. Enumerable.Repeat("failed|True", 5), "pending|False", "pending|False"]);
        (await fixture.JournalAsync(tenant)).Where(entry => entry.StartsWith("pending", StringComparison.Ordinal)).ShouldBe(["pending|1", "pending|7"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("", "is not JSON")]
    [InlineData("[{", "is not JSON")]
    [InlineData("[{}", "is not JSON")]
    [InlineData("[] []", "is not JSON")]
    [InlineData("{}", "is not a JSON array")]
    [InlineData("null", "is not a JSON array")]
    public async Task An_authentic_body_that_cannot_be_read_is_answered_with_what_is_wrong(string body, string reason)
    {
        var (status, answer) = await fixture.SendAsync(new SignedWebhook(body));
        status.ShouldBe(400);
        answer.ShouldContain(reason);
    }

    [Fact]
    public async Task A_depth_bomb_and_a_byte_order_mark_are_answered_400_and_an_overlong_batch_too()
    {
        var bomb = string.Concat(Enumerable.Repeat("[", 100_000)) + string.Concat(Enumerable.Repeat("]", 100_000));
        (await fixture.SendAsync(new SignedWebhook(bomb))).Status.ShouldBe(400);
        (await fixture.SendAsync(new SignedWebhook([0xEF, 0xBB, 0xBF, (byte)'[', (byte)']']))).Status.ShouldBe(400);
        (await fixture.SendAsync(new SignedWebhook($"[{string.Join(',', Enumerable.Repeat("{}", 1_001))}]"))).Status.ShouldBe(400);
        (await fixture.SendAsync(new SignedWebhook("[]"))).ShouldBe((202, """{"accepted":0,"duplicates":0}"""));
    }

    [Fact]
    public async Task A_connection_that_is_switched_off_is_journaled_as_ignored_and_not_rung_for()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        await fixture.Hub.ExecuteAsync($"update crm_sync_configs set enabled = false where tenant_id = '{tenant}'");

        (await fixture.SendAsync(new SignedWebhook($"[{SignedWebhook.Event(portal, 1)}]"))).Status.ShouldBe(202);

        (await fixture.JournalAsync(tenant)).ShouldBe(["ignored|1"]);
        (await fixture.Hub.ScalarAsync<long>($"select count(*) from local_bus.messages where session_id like '{tenant}:%'")).ShouldBe(0);
    }

    [Fact]
    public async Task What_a_proxy_says_of_host_and_scheme_changes_nothing()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        using var request = new SignedWebhook($"[{SignedWebhook.Event(portal, 1)}]", "/webhooks/hubspot?a=%20b&c=%2Fd").ToRequest();
        // The decode table of version 3: "%2F" is signed as "/".
        request.Headers.Remove("X-HubSpot-Signature-v3");
        request.Headers.Add("X-HubSpot-Signature-v3", new SignedWebhook($"[{SignedWebhook.Event(portal, 1)}]", "/webhooks/hubspot?a=%20b&c=/d")
        {
            Timestamp = request.Headers.GetValues("X-HubSpot-Request-Timestamp").Single(),
        }.Sign());
        request.Headers.Host = "evil.example";
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        request.Headers.Add("X-Forwarded-Proto", "http");
        request.Headers.Add("X-Forwarded-Prefix", "/other");
        request.Headers.Add("X-Original-Host", "evil.example");
        request.Headers.Add("X-Original-URL", "/webhooks/other");

        (await fixture.SendAsync(request)).Status.ShouldBe((int)HttpStatusCode.Accepted);
        (await fixture.JournalAsync(tenant)).ShouldBe(["pending|1"]);
    }
}
