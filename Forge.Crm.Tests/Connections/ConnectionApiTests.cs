using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Functions;

namespace Forge.Crm.Tests.Connections;

public sealed class ConnectionApiTests(ConnectionFixture fixture) : IClassFixture<ConnectionFixture>
{
    [Theory]
    [InlineData(Platform.HubSpot)]
    [InlineData(Platform.Pipedrive)]
    [InlineData(Platform.SupabaseProject)]
    public async Task A_connection_by_token_keeps_it_in_the_vault_and_shows_it_nowhere(Platform platform)
    {
        var (tenant, account, token) = await fixture.ConnectedAsync(platform);

        var shown = await fixture.ShownAsync(tenant, platform);
        shown.GetProperty("account").GetString().ShouldBe($"{account}");
        shown.GetProperty("state").GetString().ShouldBe("connected");
        shown.GetProperty("problems").GetArrayLength().ShouldBe(0);
        shown.GetProperty("last_event_at").ValueKind.ShouldBe(JsonValueKind.Null);
        (await fixture.SendAsync(tenant, "GET", "connections")).Body.ShouldBe($$"""{"connections":[{{shown.GetRawText()}}]}""");
        var secretRef = await fixture.SecretRefAsync(tenant, platform);
        (await fixture.Secrets.GetAsync(secretRef!, CancellationToken.None))!.ShouldContain(token);
        shown.GetRawText().ShouldNotContain(secretRef!);
        (await fixture.Hub.ScalarAsync<long>($"select count(*) from crm_sync_configs c, crm_connections n, crm_audit_log a where c::text || n::text || a::text like '%{token}%'")).ShouldBe(0);
        (await fixture.Hub.RowsAsync($"select distinct kind, cause, actor from crm_audit_log where tenant_id = '{tenant}' and kind in ('connection', 'sync_config') order by 1"))
            .ShouldBe([$"connection|person|{ConnectionFixture.Person}", $"sync_config|person|{ConnectionFixture.Person}"]);
        (await fixture.SendAsync(tenant, "POST", $"connections/{platform.ToName()}/test", role: "member")).ShouldBe((200, $$"""{"works":true,"account":"{{account}}","problem":null}"""));
    }

    [Fact]
    public async Task A_token_that_the_platform_refuses_changes_nothing_and_is_not_repeated()
    {
        var (tenant, _, _) = await fixture.ConnectedAsync(Platform.HubSpot);
        var before = await fixture.SecretRefAsync(tenant, Platform.HubSpot);
        var (other, otherToken) = fixture.NewAccount(Platform.HubSpot);

        var wrong = await fixture.SendAsync(tenant, "POST", "connections/hubspot", """{"token":"a-wrong-canary"}""");
        var elsewhere = await fixture.SendAsync(tenant, "POST", "connections/hubspot", $$"""{"token":"{{otherToken}}"}""");

        (wrong.Status, elsewhere.Status).ShouldBe((409, 409));
        wrong.Body.ShouldNotContain("canary");
        elsewhere.Body.ShouldNotContain("canary");
        elsewhere.Body.ShouldContain($"{other}");
        (await fixture.SecretRefAsync(tenant, Platform.HubSpot)).ShouldBe(before);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"token":""}""")]
    [InlineData("""{"token":"two words"}""")]
    [InlineData("""{"token":"ä"}""")]
    [InlineData("""{"token":"x","webhook_secret":"short"}""")]
    [InlineData("""{"token":"x","tenant_id":"01900000-0000-7000-8000-000000000001"}""")]
    [InlineData("""{"token":"x","base_url":"http://169.254.169.254"}""")]
    public async Task What_cannot_be_a_token_is_refused_before_anybody_is_asked(string body)
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        foreach (var platform in new[] { "hubspot", "pipedrive", "supabase_project" })
            (await fixture.SendAsync(tenant, "POST", $"connections/{platform}", body)).Status.ShouldBe(400);
        (await fixture.SendAsync(tenant, "POST", "connections/salesforce", body)).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_private_apps_webhooks_have_an_address_that_is_told_once_and_a_secret_that_can_be_rotated()
    {
        const string first = "the-first-client-secret-of-a-private-app", second = "the-second-client-secret-of-a-private-app";
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, token) = fixture.NewAccount(Platform.HubSpot);
        var connected = await fixture.SendAsync(tenant, "POST", "connections/hubspot", $$"""{"token":"{{token}}","webhook_secret":"{{first}}"}""");
        var address = JsonDocument.Parse(connected.Body).RootElement.GetProperty("webhook_address").GetString()!;
        var path = address[FunctionsServer.PublicBaseUrl.Length..];
        (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetRawText().ShouldNotContain(path);
        (await SignAsync(path, account, first)).ShouldBe(202);
        (await SignAsync(path, account, second)).ShouldBe(401);

        // Deliveries that were signed before are still taken for an hour.
        await fixture.SendAsync(tenant, "POST", "connections/hubspot", $$"""{"token":"{{token}}","webhook_secret":"{{second}}"}""");
        var stored = await fixture.Secrets.GetAsync($"tenant-{tenant}-hubspot-webhook", CancellationToken.None);
        var rotation = JsonDocument.Parse(stored!).RootElement;
        (rotation.GetProperty("current").GetString(), rotation.GetProperty("previous").GetString()).ShouldBe((second, first));
        rotation.GetProperty("previousUntil").GetDateTimeOffset().ShouldBeInRange(TimeProvider.System.GetUtcNow().AddMinutes(50), TimeProvider.System.GetUtcNow().AddMinutes(70));
    }

    [Theory]
    [InlineData("hubspot", "https://abcdefghijklmnopqrst.supabase.co")]
    [InlineData("pipedrive", "https://abcdefghijklmnopqrst.supabase.co")]
    [InlineData("supabase_project", "abcdefghijklmnopqrst")]
    [InlineData("supabase_project", "http://abcdefghijklmnopqrst.supabase.co")]
    [InlineData("supabase_project", "https://abcdefghijklmnopqrst.supabase.co.example.com")]
    [InlineData("supabase_project", "https://abcdefghijklmnopqrst.supabase.co/rest/v1")]
    [InlineData("supabase_project", "https://169.254.169.254")]
    public async Task A_key_is_sent_to_a_projects_own_address_and_nowhere_else(string platform, string url)
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (status, body) = await fixture.SendAsync(tenant, "POST", $"connections/{platform}", $$"""{"token":"a-canary","url":"{{url}}"}""");
        status.ShouldBe(400);
        body.ShouldNotContain("canary");
        (await fixture.SendAsync(tenant, "GET", $"connections/{platform}")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_projects_wrong_key_is_refused_and_its_webhooks_have_an_address_that_takes_their_secret()
    {
        const string secret = "a-secret-of-at-least-24-bytes";
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, key) = fixture.NewAccount(Platform.SupabaseProject);
        string Body(string token) => $$"""{"token":"{{token}}","url":"https://{{account}}.supabase.co","webhook_secret":"{{secret}}"}""";
        var wrong = await fixture.SendAsync(tenant, "POST", "connections/supabase_project", Body("sb_secret_canary"));
        (wrong.Status, wrong.Body.Contains("canary", StringComparison.Ordinal)).ShouldBe((409, false));

        var connected = await fixture.SendAsync(tenant, "POST", "connections/supabase_project", Body(key));
        var path = JsonDocument.Parse(connected.Body).RootElement.GetProperty("webhook_address").GetString()![FunctionsServer.PublicBaseUrl.Length..];
        foreach (var (shown, answer) in new[] { (secret, 202), ("another-secret-of-24-bytes-or-more", 401) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new StringContent("""{"type":"INSERT","table":"people","record":{"nr":"1"}}""", Encoding.UTF8, "application/json"),
            };
            request.Headers.Add("X-Forge-Secret", shown);
            using var response = await fixture.Server.Client.SendAsync(request);
            ((int)response.StatusCode).ShouldBe(answer);
        }

        (await fixture.ShownAsync(tenant, Platform.SupabaseProject)).GetRawText().ShouldNotContain(path);
    }

    [Fact]
    public async Task Pipedrives_webhooks_are_made_once_and_bring_a_password_that_the_intake_takes()
    {
        var (tenant, account, token) = await fixture.ConnectedAsync(Platform.Pipedrive);
        var there = fixture.Pipedrive.Account(account);
        await fixture.SendAsync(tenant, "POST", "connections/pipedrive", $$"""{"token":"{{token}}"}""");

        there.Webhooks.All.Select(webhook => webhook.Entity).Order().ShouldBe(["activity", "deal", "lead", "note", "organization", "person"]);
        var made = there.Webhooks.All[0];
        var path = made.Url.OriginalString[FunctionsServer.PublicBaseUrl.Length..];
        made.Url.OriginalString.ShouldStartWith(FunctionsServer.PublicBaseUrl + "/webhooks/pipedrive/");
        (await DeliverAsync(account, path, $"{made.AuthUser}:{made.AuthPassword}")).ShouldBe(202);
        (await DeliverAsync(account, path, $"{made.AuthUser}:{made.AuthPassword}x")).ShouldBe(401);
        (await fixture.ShownAsync(tenant, Platform.Pipedrive)).GetProperty("last_event_at").ValueKind.ShouldBe(JsonValueKind.String);
    }

    [Theory]
    [InlineData(Platform.HubSpot)]
    [InlineData(Platform.Pipedrive)]
    [InlineData(Platform.SupabaseProject)]
    public async Task Disconnecting_removes_secrets_and_webhooks_keeps_links_and_settings_and_can_be_undone(Platform platform)
    {
        var (tenant, account, token) = await fixture.ConnectedAsync(platform);
        var name = platform.ToName();
        await fixture.Hub.ExecuteAsync($"""
            update crm_sync_configs set interval_minutes = 30, state = 'live' where tenant_id = '{tenant}';
            insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state_at) values ('{tenant}', '{name}', 'contact', '77', gen_random_uuid(), now());
            insert into crm_sync_jobs (tenant_id, platform, mode, kinds, state, requested_by) values ('{tenant}', '{name}', 'initial', array['contact'], 'running', 'timer');
            """);
        var secretRef = (await fixture.SecretRefAsync(tenant, platform))!;

        (await fixture.SendAsync(tenant, "DELETE", $"connections/{name}")).Status.ShouldBe(200);

        (await fixture.ShownAsync(tenant, platform)).GetProperty("state").GetString().ShouldBe("disconnected");
        (await fixture.Secrets.GetAsync(secretRef, CancellationToken.None)).ShouldBeNull();
        (await fixture.Hub.ScalarAsync<long>($"select count(*) from crm_record_links where tenant_id = '{tenant}'")).ShouldBe(1);
        (await fixture.Hub.ScalarAsync<string>($"select state from crm_sync_jobs where tenant_id = '{tenant}'")).ShouldBe("cancelled");
        if (platform == Platform.Pipedrive)
            fixture.Pipedrive.Account(account).Webhooks.All.ShouldBeEmpty();
        (await fixture.SendAsync(tenant, "DELETE", $"connections/{name}")).Status.ShouldBe(404);
        (await fixture.SendAsync(tenant, "POST", $"connections/{name}/test")).Status.ShouldBe(404);

        (await fixture.SendAsync(tenant, "POST", $"connections/{name}", ConnectionFixture.BodyOf(platform, account, token))).Status.ShouldBe(200);
        var again = await fixture.ShownAsync(tenant, platform);
        (again.GetProperty("state").GetString(), again.GetProperty("interval_minutes").GetInt32()).ShouldBe(("live", 30));
        if (platform == Platform.Pipedrive)
            fixture.Pipedrive.Account(account).Webhooks.All.Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_paused_connection_goes_on_where_it_was()
    {
        var (tenant, _, _) = await fixture.ConnectedAsync(Platform.HubSpot);
        foreach (var (job, after) in new[] { ("running", "connected"), ("done", "live") })
        {
            await fixture.Hub.ExecuteAsync($"""
                delete from crm_sync_jobs where tenant_id = '{tenant}';
                insert into crm_sync_jobs (tenant_id, platform, mode, kinds, state, requested_by) values ('{tenant}', 'hubspot', 'initial', array['contact'], '{job}', 'timer');
                """);
            (await fixture.SendAsync(tenant, "POST", "connections/hubspot/pause", role: "member")).Status.ShouldBe(200);
            (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("state").GetString().ShouldBe("paused");
            (await fixture.SendAsync(tenant, "POST", "connections/hubspot/pause", role: "member")).Status.ShouldBe(200);
            (await fixture.SendAsync(tenant, "POST", "connections/hubspot/resume", role: "member")).Status.ShouldBe(200);
            (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("state").GetString().ShouldBe(after);
        }

        (await fixture.Hub.RowsAsync($"select actor from crm_audit_log where tenant_id = '{tenant}' and new_value like '%paused%'")).Distinct().ShouldBe([ConnectionFixture.Person]);
    }

    [Fact]
    public async Task A_job_is_paused_resumed_and_cancelled_by_a_person_whom_history_names()
    {
        var (tenant, _, _) = await fixture.ConnectedAsync(Platform.HubSpot);
        var started = JsonDocument.Parse((await fixture.SendAsync(tenant, "POST", "sync", """{"platform":"hubspot"}""")).Body);
        var job = started.RootElement.GetProperty("id").GetGuid();
        await fixture.Hub.ExecuteAsync("delete from local_bus.messages");

        (await fixture.SendAsync(tenant, "POST", $"jobs/{job}/resume")).Status.ShouldBe(409);
        (await fixture.SendAsync(tenant, "POST", $"jobs/{job}/pause")).Body.ShouldContain("\"paused\"");
        (await fixture.SendAsync(tenant, "POST", $"jobs/{job}/pause")).Status.ShouldBe(409);
        (await fixture.SendAsync(tenant, "POST", $"jobs/{job}/resume")).Body.ShouldContain("\"running\"");
        (await fixture.Hub.RowsAsync("select convert_from(body, 'utf8')::json ->> 'job' from local_bus.messages")).ShouldBe([$"{job}"]);
        (await fixture.SendAsync(tenant, "POST", $"jobs/{job}/cancel")).Body.ShouldContain("\"cancelled\"");
        (await fixture.SendAsync(tenant, "POST", $"jobs/{job}/cancel")).Status.ShouldBe(409);

        (await fixture.Hub.RowsAsync($"select old_value, new_value, cause_id, actor from crm_audit_log where tenant_id = '{tenant}' and kind = 'job' order by id")).ShouldBe(
        [
            $"queued|paused|{job}|{ConnectionFixture.Person}", $"paused|running|{job}|{ConnectionFixture.Person}", $"running|cancelled|{job}|{ConnectionFixture.Person}",
        ]);
    }

    private async Task<int> SignAsync(string path, long account, string secret)
    {
        using var request = new SignedWebhook($"[{SignedWebhook.Event(account, 1)}]", path: path, secret: secret).ToRequest();
        using var response = await fixture.Server.Client.SendAsync(request);
        return (int)response.StatusCode;
    }

    private async Task<int> DeliverAsync(long account, string path, string credentials)
    {
        var payload = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Payloads", "pipedrive-webhook-v2-deal-change.json"));
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(payload.Replace("8000001", $"{account}", StringComparison.Ordinal), Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        using var response = await fixture.Server.Client.SendAsync(request);
        return (int)response.StatusCode;
    }
}
