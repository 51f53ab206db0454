using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Timers;

namespace Forge.Crm.Tests.Functions;

public sealed class ConflictApiTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private const string Person = "5f0c1f3e-0000-4000-8000-000000000001";
    private const string NotThere = """{"status":404,"title":"There is no such thing."}""";

    [Fact]
    public async Task Conflicts_are_listed_by_state_kind_and_record_with_both_values_and_their_sources()
    {
        var (tenant, _) = await fixture.ConnectAsync();
        var (id, contact) = await AddAsync(tenant);
        var (other, _) = await AddAsync(tenant);
        await fixture.Hub.ExecuteAsync($"update crm_conflict_records set state = 'superseded', resolved_at = now() where id = '{other}'");

        var (status, body) = await SendAsync(tenant, "GET", "/api/v1/conflicts?state=open", role: "viewer");

        status.ShouldBe(200);
        var listed = JsonDocument.Parse(body).RootElement;
        listed.GetProperty("after").ValueKind.ShouldBe(JsonValueKind.Null);
        var shown = listed.GetProperty("conflicts").EnumerateArray().ShouldHaveSingleItem();
        (shown.GetProperty("id").GetGuid(), shown.GetProperty("record_id").GetGuid()).ShouldBe((id, contact));
        (shown.GetProperty("base_value").GetString(), shown.GetProperty("hub_value").GetString(), shown.GetProperty("remote_value").GetString()).ShouldBe(("CTO", "CEO", "VP"));
        shown.GetProperty("remote_stamp").GetString()!.ShouldEndWith(" hubspot");
        shown.TryGetProperty("tenant_id", out _).ShouldBeFalse();
        (await IdsAsync(tenant, "")).ShouldBe(new[] { id, other }.Order());
        (await IdsAsync(tenant, $"?record={contact}")).ShouldBe([id]);
        (await IdsAsync(tenant, "?kind=contact&state=superseded")).ShouldBe([other]);
        (await IdsAsync(tenant, "?kind=deal")).ShouldBeEmpty();
        (await SendAsync(tenant, "GET", $"/api/v1/conflicts/{id}", role: "viewer")).Body.ShouldBe(shown.GetRawText());
    }

    [Theory, InlineData("open"), InlineData(null)]
    public async Task A_long_list_comes_in_pages_that_miss_and_repeat_nothing(string? state)
    {
        var (tenant, _) = await fixture.ConnectAsync();
        const int count = (2 * ConflictViews.PageSize) + 7;
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_conflict_records (tenant_id, kind, record_id, field, platform, hub_stamp, remote_stamp)
            select '{tenant}', 'contact', gen_random_uuid(), 'phone', 'hubspot', 's', 's' from generate_series(1, {count})
            """);
        var seen = new List<Guid>();
        string? after = null;
        do
        {
            var page = JsonDocument.Parse((await SendAsync(tenant, "GET", $"/api/v1/conflicts?{(state is null ? "" : $"state={state}&")}{(after is null ? "" : $"after={after}")}")).Body).RootElement;
            seen.AddRange(page.GetProperty("conflicts").EnumerateArray().Select(conflict => conflict.GetProperty("id").GetGuid()));
            after = page.GetProperty("after").GetString();
        }
        while (after is not null);

        (seen.Count, seen.Distinct().Count()).ShouldBe((count, count));
    }

    [Theory]
    [InlineData("?state=shut")]
    [InlineData("?state=")]
    [InlineData("?kind=secret")]
    [InlineData("?record=1")]
    [InlineData("?after=1")]
    public async Task A_question_that_makes_no_sense_is_answered_400(string query) =>
        (await SendAsync(await fixture.Hub.AddTenantAsync(), "GET", "/api/v1/conflicts" + query)).Status.ShouldBe(400);

    [Fact]
    public async Task A_conflict_is_resolved_once_and_who_comes_later_is_shown_what_it_became()
    {
        var (tenant, _) = await fixture.ConnectAsync();
        var (id, contact) = await AddAsync(tenant);

        var (status, body) = await ResolveAsync(tenant, id, """{"pick":"remote","always":true}""");

        status.ShouldBe(200);
        JsonDocument.Parse(body).RootElement.GetProperty("resolved_by").GetString().ShouldBe(Person);
        (await fixture.Hub.RowsAsync($"select job_title from crm_contacts where id = '{contact}'")).ShouldBe(["VP"]);
        JsonDocument.Parse((await SendAsync(tenant, "GET", "/api/v1/connections/hubspot/strategies")).Body).RootElement.GetProperty("strategies").GetRawText()
            .ShouldBe("""{"contact.job_title":{"source":"hubspot","strategy":"source_priority"}}""");

        var again = await ResolveAsync(tenant, id, """{"pick":"hub"}""");
        again.ShouldBe((409, body));
        (await fixture.Hub.RowsAsync($"select job_title from crm_contacts where id = '{contact}'")).ShouldBe(["VP"]);
    }

    [Fact]
    public async Task A_decision_rings_for_the_pushes_that_it_makes_due()
    {
        var (tenant, _) = await fixture.ConnectAsync();
        await fixture.Hub.ExecuteAsync($"update crm_sync_configs set direction = 'two_way' where tenant_id = '{tenant}'");
        var (id, _) = await AddAsync(tenant);

        (await ResolveAsync(tenant, id, """{"pick":"value","value":"Chair"}""")).Status.ShouldBe(200);

        await Wait.UntilAsync(async () => (await fixture.Hub.RowsAsync("select name, session_id from local_bus.messages join local_bus.queues on id = queue_id"))
            .Contains($"crm-pushes|{tenant}:hubspot:0"), "nobody rang");
    }

    [Theory]
    [InlineData("\"Chair\"", "Chair")]
    [InlineData("12.50", "12.50")]
    [InlineData("true", "true")]
    [InlineData("null", "")]
    public async Task A_typed_value_may_be_any_scalar(string json, string becomes)
    {
        var (tenant, _) = await fixture.ConnectAsync();
        var (id, contact) = await AddAsync(tenant);

        (await ResolveAsync(tenant, id, $$"""{"pick":"value","value":{{json}}}""")).Status.ShouldBe(200);

        (await fixture.Hub.RowsAsync($"select job_title from crm_contacts where id = '{contact}'")).ShouldBe([becomes]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"pick":"mine"}""")]
    [InlineData("""{"pick":null}""")]
    [InlineData("""{"pick":"hub","value":"x"}""")]
    [InlineData("""{"pick":"value"}""")]
    [InlineData("""{"pick":"value","value":["x"]}""")]
    [InlineData("""{"pick":"value","value":{}}""")]
    [InlineData("""{"pick":"value","value":"x","always":true}""")]
    [InlineData("""{"pick":"value","value":"\ud800"}""")]
    [InlineData("""{"pick":"value","value":"a\u0000b"}""")]
    [InlineData("""{"pick":"hub","allways":true}""")]
    [InlineData("""{"pick":"hub","always":"yes"}""")]
    public async Task A_decision_that_cannot_be_is_answered_400_and_changes_nothing(string body)
    {
        var (tenant, _) = await fixture.ConnectAsync();
        var (id, contact) = await AddAsync(tenant);

        (await ResolveAsync(tenant, id, body)).Status.ShouldBe(400);

        (await fixture.Hub.RowsAsync($"select c.state, t.job_title from crm_conflict_records c, crm_contacts t where c.id = '{id}' and t.id = '{contact}'")).ShouldBe(["open|CEO"]);
    }

    [Fact]
    public async Task A_viewer_decides_nothing()
    {
        var (tenant, _) = await fixture.ConnectAsync();
        var (id, _) = await AddAsync(tenant);

        (await ResolveAsync(tenant, id, """{"pick":"hub"}""", "viewer")).Status.ShouldBe(403);

        (await fixture.Hub.RowsAsync($"select state from crm_conflict_records where id = '{id}'")).ShouldBe(["open"]);
    }

    [Fact]
    public async Task What_is_not_ours_is_answered_like_what_is_not_there()
    {
        var (mine, _) = await fixture.ConnectAsync();
        var (theirs, _) = await fixture.ConnectAsync();
        var (id, _) = await AddAsync(theirs);
        foreach (var asked in new[] { id.ToString(), Guid.NewGuid().ToString(), "1" })
        {
            (await SendAsync(mine, "GET", $"/api/v1/conflicts/{asked}")).ShouldBe((404, NotThere));
            (await SendAsync(mine, "POST", $"/api/v1/conflicts/{asked}/resolve", """{"pick":"remote","always":true}""")).ShouldBe((404, NotThere));
        }

        (await fixture.Hub.RowsAsync($"select state from crm_conflict_records where id = '{id}'")).ShouldBe(["open"]);
        (await fixture.Hub.RowsAsync($"select strategies from crm_sync_configs where tenant_id in ('{mine}', '{theirs}')")).ShouldBe(["{}", "{}"]);
    }

    private async Task<(Guid Id, Guid Contact)> AddAsync(TenantId tenant)
    {
        var (id, contact) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_contacts (tenant_id, id, job_title) values ('{tenant}', '{contact}', 'CEO');
            insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state_at, seen) values ('{tenant}', 'hubspot', 'contact', '{contact}', '{contact}', now(), '{"{\"job_title\": \"VP\"}"}');
            insert into crm_conflict_records (tenant_id, id, kind, record_id, field, platform, base_value, hub_value, hub_stamp, remote_value, remote_stamp)
            select '{tenant}', '{id}', 'contact', '{contact}', 'job_title', 'hubspot', 'CTO', 'CEO', field_stamps ->> '*', 'VP', '2026-05-04T12:00:00.000000Z hubspot'
              from crm_contacts where id = '{contact}';
            """);
        return (id, contact);
    }

    private async Task<List<Guid>> IdsAsync(TenantId tenant, string query) =>
        [.. JsonDocument.Parse((await SendAsync(tenant, "GET", "/api/v1/conflicts" + query)).Body).RootElement.GetProperty("conflicts").EnumerateArray().Select(conflict => conflict.GetProperty("id").GetGuid())];

    private Task<(int Status, string Body)> ResolveAsync(TenantId tenant, Guid id, string body, string role = "member") =>
        SendAsync(tenant, "POST", $"/api/v1/conflicts/{id}/resolve", body, role);

    private async Task<(int Status, string Body)> SendAsync(TenantId tenant, string method, string path, string? body = null, string role = "member")
    {
        using var request = ApiTokenTests.Request(new HttpMethod(method), path, Token.For(tenant, role), body);
        return await fixture.SendAsync(request);
    }
}
