using System.Text.Json;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Timers;

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
        // The delivery's own ring goes out behind its answer.
        await Wait.UntilAsync(async () => await RingsAsync(tenant) is not [], "the delivery was not rung for");
        await fixture.Hub.ExecuteAsync("delete from local_bus.messages");

        (await PostAsync(tenant, $"/api/v1/events/{id}/redrive")).ShouldBe((202, """{"status":"pending"}"""));

        (await fixture.Hub.RowsAsync($"select status, attempts, reason, finished_at from crm_webhook_events where tenant_id = '{tenant}'")).ShouldBe(["pending|0||"]);
        (await RingsAsync(tenant)).ShouldBe([$"{tenant}:hubspot:0|[{id}]"]);
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

    [Fact]
    public async Task All_of_a_tenants_platforms_are_synced_at_once_and_one_that_waits_keeps_no_other_from_it()
    {
        var (tenant, _) = await fixture.ConnectAsync();
        await fixture.Hub.AddConfigAsync(tenant, "pipedrive", "two_way");
        await fixture.Hub.AddConfigAsync(tenant, "supabase_project", "two_way");
        await fixture.Hub.ExecuteAsync($"""
            update crm_sync_configs set match_state = 'ready' where tenant_id = '{tenant}' and platform = 'pipedrive';
            update crm_sync_configs set secret_ref = null where tenant_id = '{tenant}' and platform = 'supabase_project'
            """);

        var (status, body) = await PostAsync(tenant, "/api/v1/sync", """{"platform":"all","mode":"sweep"}""");

        status.ShouldBe(202);
        var jobs = JsonDocument.Parse(body).RootElement.GetProperty("jobs").EnumerateArray().ToList();
        jobs.Select(job => job.GetProperty("platform").GetString()).ShouldBe(["hubspot", "pipedrive"]); // the project is not connected
        jobs[0].GetProperty("is_new").GetBoolean().ShouldBeTrue();
        jobs[1].GetProperty("problem").GetString().ShouldNotBeNullOrEmpty();
        (await fixture.Hub.RowsAsync($"select platform, mode from crm_sync_jobs where tenant_id = '{tenant}'")).ShouldBe(["hubspot|sweep"]);
    }

    [Fact]
    public async Task A_dry_run_is_started_beside_a_sync_and_its_plan_is_read_page_by_page()
    {
        var (tenant, _) = await fixture.ConnectAsync();
        await PostAsync(tenant, "/api/v1/sync", """{"platform":"hubspot"}""");
        var (status, body) = await PostAsync(tenant, "/api/v1/sync", """{"platform":"hubspot","mode":"sweep","kinds":["contact"],"dryRun":true}""");
        status.ShouldBe(202);
        var (id, isNew) = (JsonDocument.Parse(body).RootElement.GetProperty("id").GetGuid(), JsonDocument.Parse(body).RootElement.GetProperty("is_new").GetBoolean());
        isNew.ShouldBeTrue();
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_sync_plans (tenant_id, job_id, platform, kind, action, record_id, fields)
            select '{tenant}', '{id}', case when i % 2 = 0 then 'supabase' else 'hubspot' end, 'contact', case when i > 240 then 'level' else 'update' end, gen_random_uuid(), jsonb_build_array(jsonb_build_object('field', 'email', 'before', 'a', 'after', i::text))
              from generate_series(1, 250) i;
            insert into crm_sync_plans (tenant_id, job_id, platform, kind, action, record_id) select '{tenant}', '{id}', 'hubspot', 'deal', 'delete', gen_random_uuid() from generate_series(1, 26)
            """);

        using var job = JsonDocument.Parse((await GetAsync(tenant, $"/api/v1/jobs/{id}")).Body);
        job.RootElement.GetProperty("is_dry_run").GetBoolean().ShouldBeTrue();
        using var plan = JsonDocument.Parse((await GetAsync(tenant, $"/api/v1/jobs/{id}/plan")).Body);
        plan.RootElement.GetProperty("changes").GetRawText().ShouldBe("""
            [{"platform":"hubspot","kind":"contact","action":"update","count":120},{"platform":"hubspot","kind":"deal","action":"delete","count":26},{"platform":"supabase","kind":"contact","action":"update","count":120}]
            """.Trim());
        plan.RootElement.GetProperty("held").GetRawText().ShouldBe("""[{"platform":"hubspot","kind":"deal","deletions":26,"limit":25,"percent":2}]""");
        (plan.RootElement.GetProperty("state").GetString(), plan.RootElement.GetProperty("calls").GetProperty("reading").GetInt64()).ShouldBe(("queued", 0));
        var items = new List<string>();
        for (string? after = ""; after is not null;)
        {
            using var page = JsonDocument.Parse((await GetAsync(tenant, $"/api/v1/jobs/{id}/plan/items?kind=contact&action=update{(after == "" ? "" : $"&after={after}")}")).Body);
            items.AddRange(page.RootElement.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("fields")[0].GetProperty("after").GetString()!));
            after = page.RootElement.GetProperty("after").GetString();
        }

        items.Distinct().Count().ShouldBe(240);
        (await GetAsync(tenant, $"/api/v1/jobs/{id}/plan/items?platform=hubspot&kind=deal")).Body.ShouldContain("\"delete\"");
        foreach (var wrong in new[] { "platform=salesforce", "kind=secret", "action=level2", "after=x", "after=a.b.c.d" })
            (await GetAsync(tenant, $"/api/v1/jobs/{id}/plan/items?{wrong}")).Status.ShouldBe(400, wrong);
    }

    [Fact]
    public async Task A_plan_that_is_kept_no_longer_is_gone_and_a_job_that_changed_things_has_none()
    {
        var (tenant, _) = await fixture.ConnectAsync();
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_sync_jobs (tenant_id, platform, mode, kinds, state, requested_by, is_dry_run, finished_at) values
                ('{tenant}', 'hubspot', 'sweep', array['contact'], 'done', 'test', true, now() - interval '8 days'), ('{tenant}', 'hubspot', 'sweep', array['contact'], 'done', 'test', false, now())
            """);
        foreach (var (isDryRun, status) in new[] { (true, 410), (false, 404) })
        {
            var id = await fixture.Hub.ScalarAsync<Guid>($"select id from crm_sync_jobs where tenant_id = '{tenant}' and is_dry_run = {isDryRun}");
            (await GetAsync(tenant, $"/api/v1/jobs/{id}/plan")).Status.ShouldBe(status);
            (await GetAsync(tenant, $"/api/v1/jobs/{id}/plan/items")).Status.ShouldBe(status);
        }
    }

    [Fact]
    public async Task Single_records_are_asked_for_by_what_they_are_and_their_ids()
    {
        var (tenant, _) = await fixture.ConnectAsync();
        (await PostAsync(tenant, "/api/v1/sync", """{"platform":"hubspot","of":"contact","ids":["101","102"]}""")).Status.ShouldBe(202);
        (await fixture.Hub.RowsAsync($"select mode, kinds[1], cursor ->> 'ids' from crm_sync_jobs where tenant_id = '{tenant}'")).ShouldBe(["""manual|contact|["101", "102"]"""]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"platform":"hubspot","dry_run":true}""")]
    [InlineData("""{"platform":"hubspot","ids":["101"]}""")]
    [InlineData("{}")]
    [InlineData("""{"platform":"salesforce"}""")]
    [InlineData("""{"platform":"all","of":"contact","ids":["101"]}""")]
    [InlineData("""{"platform":"hubspot","mode":"everything"}""")]
    [InlineData("""{"platform":"hubspot","kinds":["secret"]}""")]
    public async Task A_sync_that_cannot_be_is_answered_400(string body) =>
        (await PostAsync(await fixture.Hub.AddTenantAsync(), "/api/v1/sync", body)).Status.ShouldBe(400);

    private Task<List<string>> RingsAsync(TenantId tenant) => fixture.Hub.RowsAsync(
        $"select session_id, convert_from(body, 'utf8')::json->'events' from local_bus.messages where session_id like '{tenant}:%'");

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
