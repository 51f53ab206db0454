using System.Text.Json;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Functions;

public sealed class StrategyApiTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private const string Ranks = """["hubspot","supabase","pipedrive"]""";
    private const string NotThere = """{"status":404,"title":"There is no such thing."}""";

    [Fact]
    public async Task Strategies_are_read_as_they_were_set_and_history_says_by_whom()
    {
        var (tenant, _) = await fixture.ConnectAsync();
        (await SendAsync(tenant, "GET", role: "viewer"))
            .ShouldBe((200, """{"strategy":"timestamp_based","ranks":["supabase","hubspot","pipedrive"],"strategies":{},"problem":null}"""));

        var set = await SendAsync(tenant, "PUT", Body("field_merge", Ranks, """{"contact.phone":"manual_review","deal.amount":{"strategy":"field_merge","merge":"max"}}"""));

        set.Status.ShouldBe(200);
        (await SendAsync(tenant, "GET")).ShouldBe(set);
        JsonDocument.Parse(set.Body).RootElement.GetProperty("ranks").GetRawText().ShouldBe(Ranks);
        (await fixture.Hub.RowsAsync($"select field, cause, actor, new_value::jsonb -> 'strategy' from crm_audit_log where tenant_id = '{tenant}' and action = 'configure' order by id desc limit 1"))
            .ShouldBe(["hubspot|person|5f0c1f3e-0000-4000-8000-000000000001|\"field_merge\""]);
    }

    [Fact]
    public async Task What_is_set_is_in_force_at_once()
    {
        var (tenant, _) = await fixture.ConnectAsync();
        await fixture.Server.SetSecretAsync("secret-hubspot", """{"accessToken":"x"}""");
        (await StrategyOfAsync(tenant)).ShouldBe(Strategy.TimestampBased);

        await SendAsync(tenant, "PUT", Body("manual_review", Ranks, "{}"));

        (await StrategyOfAsync(tenant)).ShouldBe(Strategy.ManualReview);
    }

    [Theory]
    [InlineData("latest", Ranks, "{}", "strategy: 'latest' is no Strategy; there are: timestamp_based")]
    [InlineData("manual_review", """["hubspot","supabase"]""", "{}", "platform_ranks misses pipedrive; name every platform once")]
    [InlineData("manual_review", """["hubspot","supabase","supabase","pipedrive"]""", "{}", "platform_ranks names a platform twice")]
    [InlineData("manual_review", """["hubspot","supabase","salesforce"]""", "{}", "platform_ranks: 'salesforce'")]
    [InlineData("manual_review", Ranks, """{"contact.fone":"manual_review"}""", "a contact has no field 'fone'; there are: email")]
    [InlineData("manual_review", Ranks, """{"person":"manual_review"}""", "'person'")]
    [InlineData("manual_review", Ranks, """{"contact.phone":{"strategy":"field_merge","merge":"max"}}""", "max joins values of type number")]
    [InlineData("manual_review", Ranks, """{"contact":"manual_review","contact":"field_merge"}""", "twice")]
    [InlineData("manual_review", Ranks, """{"contact.phone":7}""", "is neither a strategy's name nor an object")]
    [InlineData("manual_review", Ranks, "[]", "strategies is no JSON object")]
    [InlineData("manual_review", Ranks, "null", "strategies is no JSON object")]
    [InlineData("manual_review", Ranks, """{"\ud800":"manual_review"}""", "half a surrogate pair")]
    [InlineData("manual_review", Ranks, """{"contact.phone":"\ud800"}""", "half a surrogate pair")]
    [InlineData("manual_review", Ranks, """{"a\u0000":"manual_review"}""", "is no RecordKind")]
    public async Task What_contradicts_itself_is_refused_with_place_and_remedy_and_nothing_is_saved(string strategy, string ranks, string strategies, string reason)
    {
        var (tenant, _) = await fixture.ConnectAsync();

        var (status, body) = await SendAsync(tenant, "PUT", Body(strategy, ranks, strategies));

        status.ShouldBe(400);
        JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString()!.ShouldContain(reason);
        (await fixture.Hub.RowsAsync($"select strategy, strategies from crm_sync_configs where tenant_id = '{tenant}'")).ShouldBe(["timestamp_based|{}"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"strategies":{}}""")]
    [InlineData("""{"strategy":"manual_review","ranks":null,"strategies":{}}""")]
    [InlineData("""{"strategy":"manual_review","ranks":[null,"hubspot","supabase"],"strategies":{}}""")]
    [InlineData("""{"strategy":"manual_review","ranks":["supabase","hubspot","pipedrive"]}""")]
    [InlineData("""{"strategy":"manual_review","ranks":["supabase","hubspot","pipedrive"],"strategies":{},"enabled":false}""")]
    public async Task A_body_that_is_not_all_three_is_answered_400(string body)
    {
        var (tenant, _) = await fixture.ConnectAsync();
        (await SendAsync(tenant, "PUT", body)).Status.ShouldBe(400);
    }

    [Fact]
    public async Task A_viewer_sets_nothing_and_a_stranger_finds_nothing()
    {
        var (tenant, _) = await fixture.ConnectAsync();
        (await SendAsync(tenant, "PUT", Body("manual_review", Ranks, "{}"), "viewer")).Status.ShouldBe(403);
        var stranger = await fixture.Hub.AddTenantAsync();
        foreach (var platform in new[] { "hubspot", "salesforce" })
        {
            (await SendAsync(stranger, "GET", platform: platform)).ShouldBe((404, NotThere));
            (await SendAsync(stranger, "PUT", Body("manual_review", Ranks, "{}"), platform: platform)).ShouldBe((404, NotThere));
        }

        (await fixture.Hub.RowsAsync($"select strategy from crm_sync_configs where tenant_id = '{tenant}'")).ShouldBe(["timestamp_based"]);
    }

    [Fact]
    public async Task What_was_written_past_the_API_and_cannot_be_read_is_shown_with_its_place_and_can_be_mended()
    {
        var (tenant, _) = await fixture.ConnectAsync();
        await fixture.Hub.ExecuteAsync($$"""update crm_sync_configs set strategies = '{"contact.fone": "manual_review"}' where tenant_id = '{{tenant}}'""");

        var shown = JsonDocument.Parse((await SendAsync(tenant, "GET")).Body).RootElement;
        shown.GetProperty("strategies").GetRawText().ShouldBe("""{"contact.fone":"manual_review"}""");
        shown.GetProperty("problem").GetString()!.ShouldStartWith("strategies.\"contact.fone\": a contact has no field 'fone'");

        var mended = await SendAsync(tenant, "PUT", Body("manual_review", Ranks, "{}"));
        JsonDocument.Parse(mended.Body).RootElement.GetProperty("problem").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    private static string Body(string strategy, string ranks, string strategies) => $$"""{"strategy":"{{strategy}}","ranks":{{ranks}},"strategies":{{strategies}}}""";

    private async Task<Strategy> StrategyOfAsync(TenantId tenant) =>
        (await fixture.Server.Get<PlatformSessions>().OpenAsync(tenant, Platform.HubSpot, CallLane.Webhook, CancellationToken.None))!
            .Policy.Strategies.For(RecordKind.Contact, "phone").Strategy;

    private async Task<(int Status, string Body)> SendAsync(TenantId tenant, string method, string? body = null, string role = "member", string platform = "hubspot")
    {
        using var request = ApiTokenTests.Request(new HttpMethod(method), $"/api/v1/connections/{platform}/strategies", Token.For(tenant, role), body);
        return await fixture.SendAsync(request);
    }
}
