using System.Text.Json;
using Forge.Crm.Adapters.Leads;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Functions;

namespace Forge.Crm.Tests.Leads;

public sealed class LeadApiTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private const string Person = "5f0c1f3e-0000-4000-8000-000000000001";

    [Fact]
    public async Task Leads_are_listed_by_status_with_their_reasons_in_pages_and_what_is_erased_is_not()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        await AddAsync(tenant, "failed", (2 * LeadViews.PageSize) + 1);
        await AddAsync(tenant, "made", 1);
        await AddAsync(tenant, "erased", 1);

        var (ids, after, pages) = (new HashSet<string>(), (string?)null, 0);
        do
        {
            var page = await GetAsync(tenant, $"?status=failed{(after is null ? "" : $"&after={after}")}");
            foreach (var lead in page.GetProperty("leads").EnumerateArray())
                ids.Add(lead.GetProperty("id").GetString()!).ShouldBeTrue();
            (after, pages) = (page.GetProperty("after").GetString(), pages + 1);
        }
        while (after is not null);

        (ids.Count, pages).ShouldBe((201, 3));
        var made = (await GetAsync(tenant, "?status=made")).GetProperty("leads").EnumerateArray().ShouldHaveSingleItem();
        (made.GetProperty("name").GetString(), made.GetProperty("reason").GetString(), made.GetProperty("due_at").ValueKind).ShouldBe(("Lead", "why", JsonValueKind.Null));
        made.TryGetProperty("tenant_id", out _).ShouldBeFalse();
        (await fixture.Hub.RowsAsync($"select count(*) from crm_hubspot_leads where tenant_id = '{tenant}'")).ShouldBe(["203"]);
    }

    [Fact]
    public async Task What_failed_is_tried_once_more_alone_or_all_of_it_and_history_says_by_whom()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        await AddAsync(tenant, "failed", 3);
        await AddAsync(tenant, "made", 1);
        await AddAsync(tenant, "erased", 1);
        var ids = await fixture.Hub.RowsAsync($"select id from crm_hubspot_leads where tenant_id = '{tenant}' order by array_position(array['failed', 'made', 'erased'], status)");

        (await SendAsync(tenant, "POST", $"/api/v1/hubspot-leads/{ids[0]}/redrive")).ShouldBe((202, """{"status":"pending"}"""));
        (await SendAsync(tenant, "POST", $"/api/v1/hubspot-leads/{ids[3]}/redrive")).Status.ShouldBe(202); // made, and stays so
        (await SendAsync(tenant, "POST", $"/api/v1/hubspot-leads/{ids[4]}/redrive")).Status.ShouldBe(404);
        (await SendAsync(tenant, "POST", "/api/v1/hubspot-leads/redrive")).ShouldBe((202, """{"redriven":2}"""));
        (await SendAsync(tenant, "POST", "/api/v1/hubspot-leads/redrive", "viewer")).Status.ShouldBe(403);

        (await fixture.Hub.RowsAsync($"select status, attempts, reason from crm_hubspot_leads where tenant_id = '{tenant}' order by status")).ShouldBe(
            ["erased|4|why", "made|4|why", "pending|0|", "pending|0|", "pending|0|"]);
        (await fixture.Hub.RowsAsync($"select action, old_value, new_value, actor from crm_audit_log where tenant_id = '{tenant}' and kind = 'hubspot_lead'"))
            .ShouldBe(Enumerable.Repeat($"configure|failed|pending|{Person}", 3));
    }

    [Theory]
    [InlineData("GET", "/api/v1/hubspot-leads?status=erased", 400)]
    [InlineData("GET", "/api/v1/hubspot-leads?after=x", 400)]
    [InlineData("POST", "/api/v1/hubspot-leads/x/redrive", 404)]
    public async Task A_question_that_makes_no_sense_is_refused(string method, string path, int status) =>
        (await SendAsync(await fixture.Hub.AddTenantAsync(), method, path)).Status.ShouldBe(status);

    private Task AddAsync(TenantId tenant, string status, int count) => fixture.Hub.ExecuteAsync($"""
        insert into crm_hubspot_leads (tenant_id, rule_id, event_id, place, contact_id, name, status, attempts, reason)
        select '{tenant}', gen_random_uuid(), i, 0, gen_random_uuid(), 'Lead', '{status}', 4, 'why' from generate_series(1, {count}) i
        """);

    private async Task<JsonElement> GetAsync(TenantId tenant, string query) =>
        JsonDocument.Parse((await SendAsync(tenant, "GET", "/api/v1/hubspot-leads" + query, "viewer")).Body).RootElement;

    private async Task<(int Status, string Body)> SendAsync(TenantId tenant, string method, string path, string role = "member")
    {
        using var request = ApiTokenTests.Request(new HttpMethod(method), path, Token.For(tenant, role), null);
        return await fixture.SendAsync(request);
    }
}
