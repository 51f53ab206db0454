using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;
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
    public async Task Refused_credentials_stop_the_connection_are_listed_and_are_no_word_about_new_ones()
    {
        var (tenant, _, token) = await fixture.ConnectedAsync(Platform.HubSpot);
        var states = fixture.Server.Get<SyncStates>();
        await states.RequireReauthAsync(tenant, Platform.HubSpot, CancellationToken.None);

        var shown = await fixture.ShownAsync(tenant, Platform.HubSpot);
        (shown.GetProperty("state").GetString(), shown.GetProperty("problems")[0].GetString()).ShouldBe(("reauth_required", "The platform refuses the credentials: connect it again."));
        (await fixture.SendAsync(tenant, "POST", "connections/hubspot/pause")).Status.ShouldBe(409);
        (await fixture.SendAsync(tenant, "POST", "connections/hubspot/resume")).Status.ShouldBe(409);
        (await fixture.SendAsync(tenant, "POST", "connections/hubspot", $$"""{"token":"{{token}}"}""")).Status.ShouldBe(200);
        (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("state").GetString().ShouldBe("connected");

        // A worker that still had the old credentials in hand hears of their refusal late.
        await fixture.Server.Get<SyncConfigs>().OfAsync(tenant, CancellationToken.None);
        await fixture.Hub.ExecuteAsync($"update crm_sync_configs set secret_ref = 'other' where tenant_id = '{tenant}'");
        await states.RequireReauthAsync(tenant, Platform.HubSpot, CancellationToken.None);
        (await fixture.Hub.ScalarAsync<string>($"select state from crm_sync_configs where tenant_id = '{tenant}'")).ShouldBe("connected");
    }

    [Fact]
    public async Task What_waits_for_a_platform_that_keeps_failing_or_for_a_person_says_so_as_long_as_it_does()
    {
        var (tenant, _, _) = await fixture.ConnectedAsync(Platform.HubSpot);
        var jobs = fixture.Server.Get<JobStore>();
        var job = (await jobs.StartAsync(tenant, new(Platform.HubSpot, SyncMode.Initial, [], null, "test"), CancellationToken.None)).Job;
        for (var attempts = 1; attempts <= 3; attempts++)
        {
            (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("problems").GetArrayLength().ShouldBe(0);
            await jobs.PutOffAsync(job, job.Cursor with { Attempts = attempts }, CancellationToken.None);
        }

        (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("problems")[0].GetString().ShouldBe(
            "The platform could not be read 3 times in a row: it is asked again, and the sync goes on by itself once it answers.");
        await jobs.PutOffAsync(job, job.Cursor with { Attempts = 0 }, CancellationToken.None);
        await fixture.Hub.ExecuteAsync($"update crm_sync_configs set match_state = 'ready' where tenant_id = '{tenant}'");
        (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("problems")[0].GetString()!.ShouldStartWith("It waits for its match plan");
        await fixture.Hub.ExecuteAsync($"update crm_sync_configs set match_state = 'settled' where tenant_id = '{tenant}'");
        (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("problems").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_vault_that_is_silent_is_said_to_be_and_stops_what_needs_it_and_nothing_else()
    {
        await using var server = await fixture.StartServerAsync();
        var tenant = await fixture.Hub.AddTenantAsync();
        var (_, token) = fixture.NewAccount(Platform.HubSpot);
        var body = $$"""{"token":"{{token}}"}""";
        (await ConnectionFixture.SendAsync(server, tenant, "POST", "connections/hubspot", body)).Status.ShouldBe(200);
        var vault = (FakeSecretStore)server.Get<ISecretStore>();

        vault.IsSilent = true;

        (await ConnectionFixture.SendAsync(server, tenant, "GET", "connections/hubspot")).Body.ShouldContain("The vault does not answer: the connection is stopped");
        (await ConnectionFixture.SendAsync(server, tenant, "POST", "connections/hubspot", body)).Status.ShouldBe(503);
        (await ConnectionFixture.SendAsync(server, tenant, "DELETE", "connections/hubspot")).Status.ShouldBe(503);
        (await ConnectionFixture.SendAsync(server, tenant, "POST", "connections/hubspot/test")).Body.ShouldContain("\"works\":false");
        (await server.Get<PlatformSessions>().OpenAsync(tenant, Platform.HubSpot, CallLane.Webhook, CancellationToken.None)).ShouldBeNull();
        (await ConnectionFixture.SendAsync(server, tenant, "GET", "health")).ShouldBe((200, """{"database":"ok","bus":"ok","vault":"unreachable"}"""));

        vault.IsSilent = false;
        (await server.Get<PlatformSessions>().OpenAsync(tenant, Platform.HubSpot, CallLane.Webhook, CancellationToken.None)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_consent_that_is_taken_back_stops_the_connection_with_an_alert_and_no_further_call()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, _) = fixture.NewAccount(Platform.Pipedrive);
        var there = fixture.Pipedrive.Account(account);
        var sync = fixture.Server.Get<ICrmSync>();
        await sync.ConnectAsync(tenant, Platform.Pipedrive, CrmCredentials.OAuth(there.RefreshToken), CancellationToken.None);
        var alerts = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (instrument.Name == "forge.connection.reauth" && ReferenceEquals(instrument.Meter.Scope, fixture.Server.Get<IMeterFactory>()))
                meters.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => alerts += (int)value);
        listener.Start();

        fixture.Pipedrive.RevokeRefreshToken(there);
        fixture.Pipedrive.EndAccessTokens(there);
        var request = new SyncRequest(tenant, Platform.Pipedrive);
        (await Should.ThrowAsync<SyncFailedException>(() => sync.SyncAsync(request, null, CancellationToken.None))).Message.ShouldContain("refresh token is refused");

        (await fixture.ShownAsync(tenant, Platform.Pipedrive)).GetProperty("state").GetString().ShouldBe("reauth_required");
        alerts.ShouldBe(1);
        var asked = fixture.Pipedrive.Ledger.Entries.Count;
        (await fixture.Server.Get<PlatformSessions>().OpenAsync(tenant, Platform.Pipedrive, CallLane.Webhook, CancellationToken.None)).ShouldBeNull();
        fixture.Pipedrive.Ledger.Entries.Count.ShouldBe(asked);
    }

    [Fact]
    public async Task Settings_are_read_as_they_were_set_and_history_says_by_whom()
    {
        var (tenant, _, _) = await fixture.ConnectedAsync(Platform.HubSpot);

        var (status, body) = await fixture.SendAsync(
            tenant, "PUT", "connections/hubspot", """{"direction":"two_way","kinds":["contact","task"],"delete_policy":"archive","interval_minutes":60}""");

        status.ShouldBe(200);
        body.ShouldContain("\"direction\":\"two_way\",\"kinds\":[\"contact\",\"task\"],\"delete_policy\":\"archive\",\"interval_minutes\":60,\"delete_limit\":25,\"delete_percent\":2");
        (await fixture.Hub.RowsAsync($"select field, cause, actor, new_value::jsonb -> 'delete_policy' from crm_audit_log where tenant_id = '{tenant}' order by id desc limit 1"))
            .ShouldBe([$"hubspot|person|{ConnectionFixture.Person}|\"archive\""]);
        (await fixture.SendAsync(tenant, "PUT", "connections/pipedrive", """{"direction":"read","kinds":["contact"],"delete_policy":"archive","interval_minutes":15}""")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task How_many_deletions_pass_unasked_is_set_and_stays_where_it_is_left_out()
    {
        var (tenant, _, _) = await fixture.ConnectedAsync(Platform.HubSpot);
        Task<(int Status, string Body)> PutAsync(string more) => fixture.SendAsync(
            tenant, "PUT", "connections/hubspot", $$"""{"direction":"two_way","kinds":["contact"],"delete_policy":"propagate","interval_minutes":15{{more}}}""");

        foreach (var more in new[] { ""","delete_limit":100,"delete_percent":0""", "", ""","delete_limit":100""" })
        {
            var (status, body) = await PutAsync(more);
            status.ShouldBe(200);
            body.ShouldContain("\"delete_limit\":100,\"delete_percent\":0");
        }

        (await fixture.Hub.RowsAsync($"select delete_limit, delete_percent from crm_sync_configs where tenant_id = '{tenant}'")).ShouldBe(["100|0"]);
        foreach (var (more, remedy) in new[]
        {
            (""","delete_limit":-1""", "'delete_limit' is from 0 (every deletion is held) to 1000000"), (""","delete_limit":1000001""", "'delete_limit' is from 0"),
            (""","delete_percent":-1""", "'delete_percent' is from 0 (the limit alone counts) to 100"), (""","delete_percent":101""", "'delete_percent' is from 0"),
            (""","delete_limit":"many" """, "may name delete_limit and delete_percent"), (""","delete_limits":1""", "may name delete_limit and delete_percent"),
        })
        {
            var (status, body) = await PutAsync(more);
            status.ShouldBe(400, more);
            JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString()!.ShouldContain(remedy);
        }

        (await fixture.Hub.RowsAsync($"select delete_limit, delete_percent from crm_sync_configs where tenant_id = '{tenant}'")).ShouldBe(["100|0"]);
    }

    [Theory]
    [InlineData("both", """["contact"]""", "ignore", 15, "'direction' is one of read, two_way, write.")]
    [InlineData("read", """["contact"]""", "burn", 15, "'delete_policy' is one of propagate, archive, ignore.")]
    [InlineData("read", """["contact"]""", "ignore", 4, "'interval_minutes' is from 5 to 60")]
    [InlineData("read", """["contact"]""", "ignore", 61, "'interval_minutes' is from 5 to 60")]
    [InlineData("read", "[]", "ignore", 15, "pause it")]
    [InlineData("read", """["contact","contact"]""", "ignore", 15, "twice")]
    [InlineData("read", """["contact","person"]""", "ignore", 15, "'kinds' may name company, contact, deal, activity, task.")]
    public async Task A_setting_that_cannot_be_is_refused_with_the_remedy_and_nothing_is_saved(string direction, string kinds, string policy, int minutes, string remedy)
    {
        var (tenant, _, _) = await fixture.ConnectedAsync(Platform.HubSpot);
        var before = (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetRawText();

        var (status, body) = await fixture.SendAsync(
            tenant, "PUT", "connections/hubspot", $$"""{"direction":"{{direction}}","kinds":{{kinds}},"delete_policy":"{{policy}}","interval_minutes":{{minutes}}}""");

        status.ShouldBe(400);
        JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString()!.ShouldContain(remedy);
        (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetRawText().ShouldBe(before);
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
