using System.Text.Json;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Functions;

public sealed class ApiTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    [Fact]
    public async Task Failed_events_are_listed_with_their_reasons_and_without_their_content()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        await fixture.SendAsync(new SignedWebhook(SignedWebhook.Batch(portal, 3)));
        await fixture.Hub.ExecuteAsync($"""
            update crm_webhook_events set status = 'failed', reason = 'the contact has no e-mail', attempts = 10 where tenant_id = '{tenant}' and external_id <> '702'
            """);

        var (status, body) = await GetAsync(tenant, "/api/v1/events?status=failed");

        status.ShouldBe(200);
        using var json = JsonDocument.Parse(body);
        var events = json.RootElement.GetProperty("events");
        events.EnumerateArray().Select(item => item.GetProperty("external_id").GetString()).ShouldBe(["701", "703"]);
        events[0].GetProperty("reason").GetString().ShouldBe("the contact has no e-mail");
        body.ShouldNotContain("Zo");
        var after = events[0].GetProperty("id").GetInt64();
        (await GetAsync(tenant, $"/api/v1/events?status=failed&after={after}")).Body.ShouldNotContain("\"701\"");
        (await GetAsync(tenant, "/api/v1/events")).Body.ShouldContain("\"702\"");
    }

    [Theory]
    [InlineData("/api/v1/events?status=dead")]
    [InlineData("/api/v1/events?after=x")]
    [InlineData("/api/v1/events?after=-1")]
    [InlineData("/api/v1/events?after=99999999999999999999")]
    public async Task A_question_that_makes_no_sense_is_answered_400(string path) =>
        (await GetAsync(await fixture.Hub.AddTenantAsync(), path)).Status.ShouldBe(400);

    [Fact]
    public async Task A_failed_event_is_redriven_with_all_its_attempts_and_history_says_by_whom()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        await fixture.SendAsync(new SignedWebhook($"[{SignedWebhook.Event(portal, 1)}]"));
        var id = await fixture.Hub.ScalarAsync<long>($"""
            update crm_webhook_events set status = 'failed', reason = 'x', attempts = 10, finished_at = now() where tenant_id = '{tenant}' returning id
            """);
        await fixture.Hub.ExecuteAsync("delete from local_bus.messages");

        (await PostAsync(tenant, $"/api/v1/events/{id}/redrive")).ShouldBe((202, """{"status":"pending"}"""));

        (await fixture.Hub.RowsAsync($"select status, attempts, reason, finished_at from crm_webhook_events where tenant_id = '{tenant}'")).ShouldBe(["pending|0||"]);
        (await fixture.Hub.RowsAsync($"select session_id, convert_from(body, 'utf8')::json->'events' from local_bus.messages"))
            .ShouldBe([$"{tenant}:hubspot:0|[{id}]"]);
        (await fixture.Hub.RowsAsync($"select kind, action, old_value, new_value, cause, cause_id, actor from crm_audit_log where tenant_id = '{tenant}' and kind = 'event'"))
            .ShouldBe([$"event|configure|failed|pending|person|{id}|5f0c1f3e-0000-4000-8000-000000000001"]);

        // Twice is no harm, and what did not fail cannot be redriven.
        (await PostAsync(tenant, $"/api/v1/events/{id}/redrive")).Status.ShouldBe(202);
        await fixture.Hub.ExecuteAsync($"update crm_webhook_events set status = 'applied' where tenant_id = '{tenant}'");
        (await PostAsync(tenant, $"/api/v1/events/{id}/redrive")).Status.ShouldBe(409);
        (await PostAsync(tenant, "/api/v1/events/x/redrive")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_record_is_shown_with_its_links_and_its_history_backwards()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var id = Guid.CreateVersion7();
        await fixture.Hub.ExecuteAsync($"""
            select set_config('app.tenant_id', '{tenant}', false);
            insert into crm_contacts (tenant_id, id, email) values ('{tenant}', '{id}', 'ann@example.com');
            insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state_at) values ('{tenant}', 'hubspot', 'contact', '77', '{id}', now());
            update crm_contacts set first_name = 'Ann' where id = '{id}';
            """);

        var record = await GetAsync(tenant, $"/api/v1/records/contact/{id}");
        record.Status.ShouldBe(200);
        using (var json = JsonDocument.Parse(record.Body))
        {
            json.RootElement.GetProperty("email").GetString().ShouldBe("ann@example.com");
            json.RootElement.GetProperty("links")[0].GetProperty("external_id").GetString().ShouldBe("77");
            json.RootElement.TryGetProperty("tenant_id", out _).ShouldBeFalse();
        }

        var history = await GetAsync(tenant, $"/api/v1/records/contact/{id}/history");
        using (var json = JsonDocument.Parse(history.Body))
        {
            json.RootElement.GetProperty("history").EnumerateArray().Select(entry => entry.GetProperty("action").GetString()).ShouldBe(["set", "create"]);
            json.RootElement.GetProperty("before").ValueKind.ShouldBe(JsonValueKind.Null);
        }
        (await GetAsync(tenant, $"/api/v1/records/deal/{id}")).Status.ShouldBe(404);
        (await GetAsync(tenant, $"/api/v1/records/secret/{id}")).Status.ShouldBe(404);
        (await GetAsync(tenant, "/api/v1/records/contact/1")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_sync_is_started_once_and_its_first_step_rung_for()
    {
        var (tenant, _) = await fixture.ConnectAsync();

        var (status, body) = await PostAsync(tenant, "/api/v1/sync", """{"platform":"hubspot","kinds":["contact"]}""");
        status.ShouldBe(202);
        var id = JsonDocument.Parse(body).RootElement.GetProperty("id").GetGuid();
        (await PostAsync(tenant, "/api/v1/sync", """{"platform":"hubspot"}""")).ShouldBe((202, $$"""{"id":"{{id}}","is_new":false}"""));

        (await fixture.Hub.RowsAsync($"select convert_from(body, 'utf8') from local_bus.messages where session_id = '{tenant}:hubspot:sync'"))
            .ShouldBe([$$"""{"tenant":"{{tenant}}","platform":"hubspot","job":"{{id}}","step":0}"""]);
        (await GetAsync(tenant, "/api/v1/jobs")).Body.ShouldContain(id.ToString());
        (await GetAsync(tenant, $"/api/v1/jobs/{id}")).Body.ShouldContain("\"queued\"");
        (await PostAsync(tenant, "/api/v1/sync", """{"platform":"pipedrive"}""")).Status.ShouldBe(404);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"platform":"salesforce"}""")]
    [InlineData("""{"platform":"hubspot","mode":"everything"}""")]
    [InlineData("""{"platform":"hubspot","kinds":["secret"]}""")]
    public async Task A_sync_that_cannot_be_is_answered_400(string body) =>
        (await PostAsync(await fixture.Hub.AddTenantAsync(), "/api/v1/sync", body)).Status.ShouldBe(400);

    private async Task<(int Status, string Body)> GetAsync(TenantId tenant, string path)
    {
        using var request = ApiTokenTests.Request(HttpMethod.Get, path, Token.For(tenant, "viewer"));
        return await fixture.SendAsync(request);
    }

    private async Task<(int Status, string Body)> PostAsync(TenantId tenant, string path, string body = "")
    {
        using var request = ApiTokenTests.Request(HttpMethod.Post, path, Token.For(tenant), body);
        return await fixture.SendAsync(request);
    }
}
