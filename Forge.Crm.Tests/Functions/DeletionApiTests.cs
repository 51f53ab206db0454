using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Functions;

/// <summary>Held deletions and erasures by the API: who may, and what it answers.</summary>
public sealed class DeletionApiTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private const string Pipedrive = """{"platform":"pipedrive","kind":"contact"}""";

    [Fact]
    public async Task What_is_held_comes_in_pages_with_its_counts()
    {
        var tenant = await ConnectAsync();
        const int count = HeldDeletions.PageSize + 7;
        await HoldAsync(tenant, count);
        var seen = new List<string>();
        string? after = null;
        do
        {
            var page = JsonDocument.Parse((await SendAsync(tenant, "GET", $"/api/v1/held-deletions{(after is null ? "" : $"?after={after}")}", role: "viewer")).Body).RootElement;
            page.GetProperty("held").EnumerateArray().ShouldHaveSingleItem().GetProperty("count").GetInt32().ShouldBe(count);
            seen.AddRange(page.GetProperty("deletions").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
            after = page.GetProperty("after").GetString();
        }
        while (after is not null);

        (seen.Count, seen.Distinct().Count()).ShouldBe((count, count));
    }

    [Fact]
    public async Task An_administrator_approves_or_restores_and_the_lane_is_rung()
    {
        var tenant = await ConnectAsync();
        await HoldAsync(tenant, 3);
        (await SendAsync(tenant, "POST", "/api/v1/held-deletions/approve", Pipedrive)).ShouldBe((202, """{"deletions":3}"""));
        // Of this tenant: another test's rings may still be on their way.
        (await fixture.Hub.RowsAsync($"select session_id from local_bus.messages where session_id like '{tenant}:%'")).ShouldBe([$"{tenant}:pipedrive:0"]);
        (await SendAsync(tenant, "POST", "/api/v1/held-deletions/restore", Pipedrive)).ShouldBe((202, """{"deletions":0}"""));
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("member")]
    public async Task Nobody_else_decides_or_erases(string role)
    {
        var tenant = await ConnectAsync();
        await HoldAsync(tenant, 1);
        foreach (var (path, body) in new[]
                 {
                     ("held-deletions/approve", Pipedrive), ("held-deletions/restore", Pipedrive), ("erase", $$"""{"kind":"contact","id":"{{Guid.NewGuid()}}"}"""),
                 })
            (await SendAsync(tenant, "POST", $"/api/v1/{path}", body, role)).Status.ShouldBe(403, path);
        (await SendAsync(tenant, "GET", $"/api/v1/erasures/contact/{Guid.NewGuid()}", role: role)).Status.ShouldBe(403);
        (await fixture.Hub.RowsAsync($"select status from crm_outbox where tenant_id = '{tenant}'")).ShouldBe(["held"]);
    }

    [Fact]
    public async Task An_erasure_is_answered_with_its_certificate()
    {
        var tenant = await ConnectAsync();
        var id = Guid.CreateVersion7();
        await fixture.Hub.ExecuteAsync($"insert into crm_contacts (tenant_id, id, email) values ('{tenant}', '{id}', 'ann@example.com')");
        await fixture.Hub.ExecuteAsync($"insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state_at) values ('{tenant}', 'pipedrive', 'contact', '7', '{id}', now())");

        var (status, body) = await SendAsync(tenant, "POST", "/api/v1/erase", $$"""{"kind":"contact","id":"{{id}}"}""");

        status.ShouldBe(200);
        var certificate = JsonDocument.Parse(body).RootElement;
        (certificate.GetProperty("record_id").GetGuid(), certificate.GetProperty("platforms").GetProperty("pipedrive").GetProperty("state").GetString()).ShouldBe((id, "due"));
        (await SendAsync(tenant, "GET", $"/api/v1/erasures/contact/{id}")).ShouldBe((200, body));
        (await fixture.Hub.RowsAsync($"select platform, cause, status from crm_outbox where tenant_id = '{tenant}'")).ShouldBe(["pipedrive|erase|pending"]);
        (await fixture.Hub.RowsAsync($"select email from crm_contacts where id = '{id}'")).ShouldBe([""]);
    }

    [Theory]
    [InlineData("two_way", "state = 'deleted'", "due", 1)] // it lies in the recycle bin there
    [InlineData("two_way", "state = 'deleted', external_id = 'new:7'", "", 0)]
    [InlineData("read", "state = 'live'", "by_hand", 0)]
    public async Task A_certificate_says_what_is_due_where_somebody_was_deleted_before_and_where_we_may_not_write(string direction, string link, string state, int queued)
    {
        var tenant = await ConnectAsync();
        var id = Guid.CreateVersion7();
        await fixture.Hub.ExecuteAsync($"""
            update crm_sync_configs set direction = '{direction}' where tenant_id = '{tenant}' and platform = 'pipedrive';
            insert into crm_contacts (tenant_id, id, email) values ('{tenant}', '{id}', 'ann@example.com');
            insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state_at) values ('{tenant}', 'pipedrive', 'contact', '7', '{id}', now());
            update crm_record_links set {link} where tenant_id = '{tenant}';
            delete from crm_outbox where tenant_id = '{tenant}'
            """);

        var (_, body) = await SendAsync(tenant, "POST", "/api/v1/erase", $$"""{"kind":"contact","id":"{{id}}"}""");

        (JsonDocument.Parse(body).RootElement.GetProperty("platforms").TryGetProperty("pipedrive", out var there) ? there.GetProperty("state").GetString() : "").ShouldBe(state);
        (await fixture.Hub.ScalarAsync<long>($"select count(*) from crm_outbox where tenant_id = '{tenant}' and cause = 'erase'")).ShouldBe(queued);
    }

    [Fact]
    public async Task The_e_mails_that_a_person_wrote_are_erased_with_them_and_nobody_elses()
    {
        var tenant = await ConnectAsync();
        var id = Guid.CreateVersion7();
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_contacts (tenant_id, id, email, additional_emails) values ('{tenant}', '{id}', 'ann@example.com', array['ann@home.example']);
            insert into crm_activities (tenant_id, type, subject, body, from_email, from_name)
            values ('{tenant}', 'email', 'A', 'a', 'ann@example.com', 'Ann'), ('{tenant}', 'email', 'B', 'b', 'ann@home.example', 'Ann'), ('{tenant}', 'email', 'C', 'c', 'bob@example.com', 'Bob');
            insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state_at)
            select '{tenant}', 'pipedrive', 'email', subject, id, now() from crm_activities where tenant_id = '{tenant}';
            delete from crm_outbox where tenant_id = '{tenant}'
            """);

        (await SendAsync(tenant, "POST", "/api/v1/erase", $$"""{"kind":"contact","id":"{{id}}"}""")).Status.ShouldBe(200);

        (await fixture.Hub.RowsAsync($"select subject, body, from_email, from_name from crm_activities where tenant_id = '{tenant}' and subject is not null")).ShouldBe(["C|c|bob@example.com|Bob"]);
        (await fixture.Hub.RowsAsync($"select external_id from crm_record_links where tenant_id = '{tenant}' and state = 'erased' order by 1")).ShouldBe(["A", "B"]);
        (await fixture.Hub.RowsAsync($"select kind, targets ->> 'pipedrive' from crm_erasures where tenant_id = '{tenant}' and kind = 'activity'"))
            .ShouldBe(["""activity|{"state": "due"}""", """activity|{"state": "due"}"""]);
        (await fixture.Hub.RowsAsync($"select platform, kind, cause from crm_outbox where tenant_id = '{tenant}'")).ShouldBe(["pipedrive|activity|erase", "pipedrive|activity|erase"]);
        (await fixture.Hub.ScalarAsync<long>($"select count(*) from crm_audit_log where tenant_id = '{tenant}' and concat(old_value, new_value) like '%ann@%'")).ShouldBe(0);
    }

    [Theory]
    [InlineData("held-deletions/approve", "{}", 400)]
    [InlineData("held-deletions/restore", """{"platform":"pipedrive"}""", 400)]
    [InlineData("held-deletions/restore", """{"platform":"pipedrive","kind":"lead"}""", 400)]
    [InlineData("erase", """{"kind":"contact"}""", 400)]
    [InlineData("erase", """{"kind":"contact","id":"1"}""", 400)]
    [InlineData("erase", """{"kind":"contact","id":"01900000-0000-7000-8000-000000000001"}""", 404)]
    public async Task What_makes_no_sense_or_is_not_there_is_said_so(string path, string body, int status) =>
        (await SendAsync(await ConnectAsync(), "POST", $"/api/v1/{path}", body)).Status.ShouldBe(status);

    private async Task<TenantId> ConnectAsync()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        await fixture.Hub.AddConfigAsync(tenant, "pipedrive", "two_way");
        return tenant;
    }

    private Task HoldAsync(TenantId tenant, int count) => fixture.Hub.ExecuteAsync($"""
        insert into crm_outbox (tenant_id, platform, kind, record_id, cause, status, reason)
        select '{tenant}', 'pipedrive', 'contact', gen_random_uuid(), 'event', 'held', 'many' from generate_series(1, {count})
        """);

    private async Task<(int Status, string Body)> SendAsync(TenantId tenant, string method, string path, string? body = null, string role = "admin")
    {
        using var request = ApiTokenTests.Request(new HttpMethod(method), path, Token.For(tenant, role), body);
        return await fixture.SendAsync(request);
    }
}
