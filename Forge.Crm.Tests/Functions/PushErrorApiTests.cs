using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Functions;

public sealed class PushErrorApiTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private const string Person = "5f0c1f3e-0000-4000-8000-000000000001";

    [Fact]
    public async Task What_a_platform_will_not_take_is_listed_with_its_reason_by_platform_and_kind()
    {
        var tenant = await ConnectAsync();
        var contact = await FailAsync(tenant, "hubspot", "contact", "INVALID_EMAIL");
        var deal = await FailAsync(tenant, "pipedrive", "deal", "'title' is missing");
        await QueueAsync(tenant, "hubspot", "contact");

        var all = await ListAsync(tenant, "");
        all.Select(error => error.GetProperty("id").GetString()).ShouldBe([contact.ToString(), deal.ToString()]);
        (all[0].GetProperty("reason").GetString(), all[0].GetProperty("record_id").GetGuid()).ShouldBe(("INVALID_EMAIL", contact.RecordId));
        all[0].TryGetProperty("tenant_id", out _).ShouldBeFalse();
        (await ListAsync(tenant, "?platform=pipedrive")).ShouldHaveSingleItem().GetProperty("kind").GetString().ShouldBe("deal");
        (await ListAsync(tenant, "?kind=contact")).ShouldHaveSingleItem().GetProperty("platform").GetString().ShouldBe("hubspot");
        (await ListAsync(tenant, "?kind=contact&platform=pipedrive")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_long_list_comes_in_pages_that_miss_and_repeat_nothing()
    {
        var tenant = await ConnectAsync();
        const int count = (2 * PushErrors.PageSize) + 7;
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_outbox (tenant_id, platform, kind, record_id, cause, status)
            select '{tenant}', case when i % 2 = 0 then 'hubspot' else 'pipedrive' end, case when i % 3 = 0 then 'deal' else 'contact' end, gen_random_uuid(), 'edit', 'failed'
              from generate_series(1, {count}) i
            """);
        var seen = new List<string>();
        string? after = null;
        do
        {
            var page = JsonDocument.Parse((await SendAsync(tenant, "GET", $"/api/v1/push-errors{(after is null ? "" : $"?after={after}")}")).Body).RootElement;
            seen.AddRange(page.GetProperty("push_errors").EnumerateArray().Select(error => error.GetProperty("id").GetString()!));
            after = page.GetProperty("after").GetString();
        }
        while (after is not null);

        (seen.Count, seen.Distinct().Count()).ShouldBe((count, count));
    }

    [Fact]
    public async Task One_is_redriven_with_all_its_attempts_its_lane_is_rung_and_history_says_by_whom()
    {
        var tenant = await ConnectAsync();
        var (id, other) = (await FailAsync(tenant, "hubspot", "contact", "refused"), await FailAsync(tenant, "hubspot", "contact", "refused too"));

        (await SendAsync(tenant, "POST", $"/api/v1/push-errors/{id}/redrive")).ShouldBe((202, """{"status":"pending"}"""));

        (await fixture.Hub.RowsAsync($"select status, attempts, reason, version from crm_outbox where record_id = '{id.RecordId}'")).ShouldBe(["pending|0||2"]);
        (await fixture.Hub.RowsAsync($"select status from crm_outbox where record_id = '{other.RecordId}'")).ShouldBe(["failed"]);
        (await fixture.Hub.RowsAsync($"select name, session_id from local_bus.messages join local_bus.queues on id = queue_id where session_id like '{tenant}:%'")).ShouldBe([$"crm-pushes|{tenant}:hubspot:0"]);
        (await fixture.Hub.RowsAsync($"select action, old_value, new_value, cause, cause_id, actor from crm_audit_log where tenant_id = '{tenant}' and kind = 'push'"))
            .ShouldBe([$"configure|failed|pending|person|{id}|{Person}"]);

        // Twice is no harm.
        (await SendAsync(tenant, "POST", $"/api/v1/push-errors/{id}/redrive")).Status.ShouldBe(202);
        (await fixture.Hub.RowsAsync($"select version from crm_outbox where record_id = '{id.RecordId}'")).ShouldBe(["2"]);
    }

    [Fact]
    public async Task All_of_a_platform_or_of_a_kind_there_are_redriven_at_once()
    {
        var tenant = await ConnectAsync();
        foreach (var (platform, kind) in new[] { ("hubspot", "contact"), ("hubspot", "deal"), ("hubspot", "deal"), ("pipedrive", "deal") })
            await FailAsync(tenant, platform, kind, "refused");

        (await SendAsync(tenant, "POST", "/api/v1/push-errors/redrive", """{"platform":"hubspot","kind":"contact"}""")).ShouldBe((202, """{"redriven":1}"""));
        (await SendAsync(tenant, "POST", "/api/v1/push-errors/redrive", """{"platform":"hubspot"}""")).ShouldBe((202, """{"redriven":2}"""));
        (await fixture.Hub.RowsAsync($"select platform, status, count(*) from crm_outbox where tenant_id = '{tenant}' group by 1, 2 order by 1")).ShouldBe(["hubspot|pending|3", "pipedrive|failed|1"]);
    }

    [Fact]
    public async Task What_waits_and_what_failed_is_counted_by_platform()
    {
        var tenant = await ConnectAsync();
        await FailAsync(tenant, "hubspot", "contact", "refused");
        await QueueAsync(tenant, "hubspot", "contact");
        await QueueAsync(tenant, "hubspot", "deal");
        await fixture.Hub.ExecuteAsync($"update crm_outbox set queued_at = '2026-01-02T03:04:05Z' where tenant_id = '{tenant}' and kind = 'deal'");

        var counts = JsonDocument.Parse((await SendAsync(tenant, "GET", "/api/v1/pushes", role: "viewer")).Body).RootElement.GetProperty("pushes");

        var hubSpot = counts.EnumerateArray().ShouldHaveSingleItem();
        (hubSpot.GetProperty("platform").GetString(), hubSpot.GetProperty("pending").GetInt32(), hubSpot.GetProperty("failed").GetInt32()).ShouldBe(("hubspot", 2, 1));
        hubSpot.GetProperty("oldest").GetDateTimeOffset().ShouldBe(new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    }

    [Fact]
    public async Task A_record_shows_which_platform_is_behind_and_why()
    {
        var tenant = await ConnectAsync();
        var id = Guid.CreateVersion7();
        await fixture.Hub.ExecuteAsync($"insert into crm_contacts (tenant_id, id, email) values ('{tenant}', '{id}', 'ann@example.com')");
        await fixture.Hub.ExecuteAsync($"update crm_outbox set status = 'failed', reason = 'INVALID_EMAIL', attempts = 1 where record_id = '{id}' and platform = 'hubspot'");

        var pushes = JsonDocument.Parse((await SendAsync(tenant, "GET", $"/api/v1/records/contact/{id}")).Body).RootElement.GetProperty("pushes");

        pushes.EnumerateArray().Select(push => $"{push.GetProperty("platform")} {push.GetProperty("status")} {push.GetProperty("reason")}")
            .ShouldBe(["hubspot failed INVALID_EMAIL", "pipedrive pending "]);
    }

    [Theory]
    [InlineData("GET", "/api/v1/push-errors?platform=nobody", null)]
    [InlineData("GET", "/api/v1/push-errors?platform=", null)]
    [InlineData("GET", "/api/v1/push-errors?kind=secret", null)]
    [InlineData("GET", "/api/v1/push-errors?after=hubspot", null)]
    [InlineData("GET", "/api/v1/push-errors?after=hubspot.contact.1", null)]
    [InlineData("POST", "/api/v1/push-errors/redrive", "{}")]
    [InlineData("POST", "/api/v1/push-errors/redrive", "[]")]
    [InlineData("POST", "/api/v1/push-errors/redrive", """{"platform":"nobody"}""")]
    [InlineData("POST", "/api/v1/push-errors/redrive", """{"platform":"hubspot","kind":"secret"}""")]
    [InlineData("POST", "/api/v1/push-errors/redrive", """{"platform":"hubspot","all":true}""")]
    public async Task A_question_that_makes_no_sense_is_answered_400(string method, string path, string? body) =>
        (await SendAsync(await ConnectAsync(), method, path, body)).Status.ShouldBe(400);

    [Theory]
    [InlineData("x")]
    [InlineData("hubspot.contact.01900000-0000-7000-8000-000000000001")]
    [InlineData("nobody.contact.01900000-0000-7000-8000-000000000001")]
    public async Task What_is_not_there_is_answered_404(string id) =>
        (await SendAsync(await ConnectAsync(), "POST", $"/api/v1/push-errors/{id}/redrive")).Status.ShouldBe(404);

    [Fact]
    public async Task A_viewer_redrives_nothing()
    {
        var tenant = await ConnectAsync();
        var id = await FailAsync(tenant, "hubspot", "contact", "refused");

        (await SendAsync(tenant, "POST", $"/api/v1/push-errors/{id}/redrive", role: "viewer")).Status.ShouldBe(403);
        (await SendAsync(tenant, "POST", "/api/v1/push-errors/redrive", """{"platform":"hubspot"}""", "viewer")).Status.ShouldBe(403);

        (await fixture.Hub.RowsAsync($"select status from crm_outbox where tenant_id = '{tenant}'")).ShouldBe(["failed"]);
    }

    private async Task<TenantId> ConnectAsync()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        await fixture.Hub.AddConfigAsync(tenant, "hubspot", "two_way");
        await fixture.Hub.AddConfigAsync(tenant, "pipedrive", "two_way");
        return tenant;
    }

    private Task QueueAsync(TenantId tenant, string platform, string kind) => fixture.Hub.ExecuteAsync(
        $"insert into crm_outbox (tenant_id, platform, kind, record_id, cause) values ('{tenant}', '{platform}', '{kind}', gen_random_uuid(), 'edit')");

    private async Task<PushErrorId> FailAsync(TenantId tenant, string platform, string kind, string reason)
    {
        var record = Guid.CreateVersion7();
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_outbox (tenant_id, platform, kind, record_id, cause, status, reason, attempts)
            values ('{tenant}', '{platform}', '{kind}', '{record}', 'edit', 'failed', '{reason.Replace("'", "''", StringComparison.Ordinal)}', 3)
            """);
        return new(Names.Parse<Platform>(platform), Names.Parse<RecordKind>(kind), record);
    }

    private async Task<JsonElement[]> ListAsync(TenantId tenant, string query) =>
        [.. JsonDocument.Parse((await SendAsync(tenant, "GET", "/api/v1/push-errors" + query, role: "viewer")).Body).RootElement.GetProperty("push_errors").EnumerateArray()];

    private async Task<(int Status, string Body)> SendAsync(TenantId tenant, string method, string path, string? body = null, string role = "member")
    {
        using var request = ApiTokenTests.Request(new HttpMethod(method), path, Token.For(tenant, role), body);
        return await fixture.SendAsync(request);
    }
}
