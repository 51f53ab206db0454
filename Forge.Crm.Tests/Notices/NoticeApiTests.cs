using System.Text.Json;
using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Functions;

namespace Forge.Crm.Tests.Notices;

public sealed class NoticeApiTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private const string Person = "5f0c1f3e-0000-4000-8000-000000000001";

    [Fact]
    public async Task Notices_are_listed_by_status_with_their_reasons_in_pages()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        await AddAsync(tenant, "failed", (2 * NoticeViews.PageSize) + 1);
        await AddAsync(tenant, "sent", 1);
        await AddAsync(tenant, "pending", 1);

        var (ids, after, pages) = (new HashSet<string>(), (string?)null, 0);
        do
        {
            var page = await GetAsync(tenant, $"?status=failed{(after is null ? "" : $"&after={after}")}");
            foreach (var notice in page.GetProperty("notices").EnumerateArray())
                ids.Add(notice.GetProperty("id").GetString()!).ShouldBeTrue();
            (after, pages) = (page.GetProperty("after").GetString(), pages + 1);
        }
        while (after is not null);

        (ids.Count, pages).ShouldBe((201, 3));
        var pending = (await GetAsync(tenant, "?status=pending")).GetProperty("notices").EnumerateArray().ShouldHaveSingleItem();
        (pending.GetProperty("due_at").ValueKind, pending.GetProperty("reason").GetString(), pending.GetProperty("cause").GetString()).ShouldBe((JsonValueKind.Null, "why", "rule"));
        foreach (var hidden in new[] { "tenant_id", "secret_name", "payload", "dedupe_key" })
            pending.TryGetProperty(hidden, out _).ShouldBeFalse();
        (await GetAsync(tenant, "")).GetProperty("notices").GetArrayLength().ShouldBe(NoticeViews.PageSize);
    }

    [Fact]
    public async Task What_failed_is_sent_once_more_alone_or_all_of_it_and_history_says_by_whom()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        await AddAsync(tenant, "failed", 3);
        await AddAsync(tenant, "sent", 1);
        await fixture.Hub.ExecuteAsync("delete from local_bus.messages");
        var ids = await fixture.Hub.RowsAsync($"select id from crm_notices where tenant_id = '{tenant}' order by status, id");

        (await SendAsync(tenant, "POST", $"/api/v1/notices/{ids[0]}/redrive")).ShouldBe((202, """{"status":"pending"}"""));
        (await SendAsync(tenant, "POST", $"/api/v1/notices/{ids[3]}/redrive")).Status.ShouldBe(202); // sent, and stays so
        (await SendAsync(tenant, "POST", "/api/v1/notices/redrive")).ShouldBe((202, """{"redriven":2}"""));
        (await SendAsync(tenant, "POST", "/api/v1/notices/redrive")).ShouldBe((202, """{"redriven":0}"""));

        (await fixture.Hub.RowsAsync($"select status, attempts, reason, due_at = '-infinity' from crm_notices where tenant_id = '{tenant}' order by status")).ShouldBe(
            ["pending|0||True", "pending|0||True", "pending|0||True", "sent|10|why|False"]);
        (await fixture.Hub.RowsAsync($"select action, old_value, new_value, actor from crm_audit_log where tenant_id = '{tenant}' and kind = 'notice'"))
            .ShouldBe(Enumerable.Repeat($"configure|failed|pending|{Person}", 3));
        (await fixture.Hub.RowsAsync("select name, session_id from local_bus.messages join local_bus.queues on id = queue_id")).ShouldAllBe(ring => ring == $"crm-notices|{tenant}");
    }

    [Fact]
    public async Task Settings_are_shown_with_defaults_and_set_with_their_history()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        await fixture.Hub.ExecuteAsync($$"""update crm_tenants set settings = '{"other": 1}' where tenant_id = '{{tenant}}'""");
        (await SendAsync(tenant, "GET", "/api/v1/notices/settings", role: "viewer")).Body.ShouldBe("""{"mailsPerHour":10,"digestMinutes":0,"fallback":null,"problem":null}""");

        (await SendAsync(tenant, "PUT", "/api/v1/notices/settings", """{"mailsPerHour":3,"digestMinutes":60,"fallback":"admins@example.com"}""", "admin"))
            .ShouldBe((200, """{"mailsPerHour":3,"digestMinutes":60,"fallback":"admins@example.com","problem":null}"""));

        (await fixture.Hub.RowsAsync($"select settings ->> 'other', settings -> 'notices' ->> 'digestMinutes' from crm_tenants where tenant_id = '{tenant}'")).ShouldBe(["1|60"]);
        (await fixture.Hub.RowsAsync($"select actor from crm_audit_log where tenant_id = '{tenant}' and kind = 'tenant' and cause = 'person'")).ShouldBe([Person]);
        (await SendAsync(tenant, "PUT", "/api/v1/notices/settings", "{}", "member")).Status.ShouldBe(403);
    }

    [Theory]
    [InlineData("""{"mailsPerHour":0}""", "from 1 to 1000")]
    [InlineData("""{"digestMinutes":-1}""", "'digestMinutes'")]
    [InlineData("""{"fallback":"nobody"}""", "'fallback'")]
    [InlineData("""{"fallback":"Ann <ann@example.com>"}""", "'fallback'")]
    [InlineData("""{"fallback":"a@example.com\r\nBcc: b@example.com"}""", "'fallback'")]
    [InlineData("""{"mailsPerDay":1}""", "nothing else")]
    [InlineData("""[]""", "nothing else")]
    public async Task A_setting_that_cannot_be_is_refused_with_its_place_and_nothing_is_saved(string body, string reason)
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (status, answer) = await SendAsync(tenant, "PUT", "/api/v1/notices/settings", body, "admin");
        status.ShouldBe(400);
        JsonDocument.Parse(answer).RootElement.GetProperty("detail").GetString()!.ShouldContain(reason);
        (await fixture.Hub.RowsAsync($"select settings from crm_tenants where tenant_id = '{tenant}'")).ShouldBe(["{}"]);
    }

    [Fact]
    public async Task Settings_written_past_the_API_that_cannot_be_read_show_why()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        await fixture.Hub.ExecuteAsync($$$"""update crm_tenants set settings = '{"notices": {"mailsPerHour": 0}}' where tenant_id = '{{{tenant}}}'""");
        (await SendAsync(tenant, "GET", "/api/v1/notices/settings")).Body.ShouldContain("\"problem\":\"\\u0027mailsPerHour\\u0027 is from 1 to 1000.\"");
    }

    [Fact]
    public async Task A_secret_is_shown_once_and_the_one_before_it_signs_along_for_a_while()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var first = await RollAsync(tenant);
        var second = await RollAsync(tenant);
        first.ShouldNotBe(second);
        var keys = await fixture.Server.Get<NoticeSecrets>().KeysAsync(tenant, "team-chat", CancellationToken.None);
        keys.Select(key => $"whsec_{Convert.ToBase64String(key)}").ShouldBe([second, first]);
        (await fixture.Server.Get<ISecretStore>().GetAsync($"tenant-{tenant}-notice-team-chat", CancellationToken.None))!.Replace("\\u002B", "+", StringComparison.Ordinal).ShouldContain(second);
        (await fixture.Hub.RowsAsync($"select cause_id, actor, new_value from crm_audit_log where tenant_id = '{tenant}' and kind = 'notice_secret'")).ShouldBe([$"team-chat|{Person}|", $"team-chat|{Person}|"]);

        foreach (var name in new[] { "Team", "a_b", new string('a', 41), "-a", "..%2fx" })
            (await SendAsync(tenant, "POST", $"/api/v1/notices/secrets/{name}", role: "admin")).Status.ShouldBe(400, name);
        (await SendAsync(tenant, "POST", "/api/v1/notices/secrets/team-chat")).Status.ShouldBe(403);
    }

    [Theory]
    [InlineData("GET", "/api/v1/notices?status=lost")]
    [InlineData("GET", "/api/v1/notices?after=x")]
    public async Task What_is_not_understood_is_answered_400(string method, string path) =>
        (await SendAsync(await fixture.Hub.AddTenantAsync(), method, path)).Status.ShouldBe(400);

    private async Task<string> RollAsync(TenantId tenant) =>
        JsonDocument.Parse((await SendAsync(tenant, "POST", "/api/v1/notices/secrets/team-chat", role: "admin")).Body).RootElement.GetProperty("secret").GetString()!;

    private async Task<JsonElement> GetAsync(TenantId tenant, string query) =>
        JsonDocument.Parse((await SendAsync(tenant, "GET", $"/api/v1/notices{query}", role: "viewer")).Body).RootElement;

    private Task AddAsync(TenantId tenant, string status, int count) => fixture.Hub.ExecuteAsync($"""
        insert into crm_notices (tenant_id, dedupe_key, target, subject, body, cause, status, reason, attempts, due_at)
        select '{tenant}', '{status} ' || i, 'administrators', 's', 'b', 'rule', '{status}', 'why', 10, case when '{status}' = 'pending' then '-infinity' else now() end from generate_series(1, {count}) i
        """);

    private async Task<(int Status, string Body)> SendAsync(TenantId tenant, string method, string path, string? body = null, string role = "member")
    {
        using var request = ApiTokenTests.Request(new HttpMethod(method), path, Token.For(tenant, role), body);
        return await fixture.SendAsync(request);
    }
}
