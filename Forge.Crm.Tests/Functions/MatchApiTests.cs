using System.Text.Json;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Functions;

public sealed class MatchApiTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private const string PlanId = "22222222-2222-4222-8222-222222222222";
    private const string Approval = $$$"""{"plan":"{{{PlanId}}}","choices":{"company":"create_here","contact":"link_only","deal":"ignore"}}""";

    [Fact]
    public async Task A_plan_is_asked_for_once_and_its_first_step_is_rung_for()
    {
        var tenant = await WaitingAsync("needed");
        var waiting = await fixture.Server.WaitingAsync(Queues.SyncSteps);

        var (status, body) = await SendAsync(tenant, "POST", "");

        status.ShouldBe(202);
        var job = JsonDocument.Parse(body).RootElement.GetProperty("job").GetGuid();
        (await fixture.Hub.RowsAsync($"select id, mode, state, requested_by from crm_sync_jobs where tenant_id = '{tenant}'")).ShouldBe([$"{job}|match|queued|5f0c1f3e-0000-4000-8000-000000000001"]);
        (await fixture.Server.WaitingAsync(Queues.SyncSteps)).ShouldBe(waiting + 1);
        (await SendAsync(tenant, "POST", "")).Body.ShouldBe(body);
        (await fixture.Server.WaitingAsync(Queues.SyncSteps)).ShouldBe(waiting + 1);
    }

    [Fact]
    public async Task A_plan_is_shown_with_its_sums_its_rule_and_the_proposals_beside_it()
    {
        var tenant = await WaitingAsync("ready");
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_match_items (tenant_id, platform, kind, id, side, remote_kind, class, matched_by) values
                ('{tenant}', 'hubspot', 'contact', gen_random_uuid(), 'here', 'contact', 'matched', 'email'), ('{tenant}', 'hubspot', 'contact', gen_random_uuid(), 'there', 'contact', 'matched', 'email'),
                ('{tenant}', 'hubspot', 'contact', gen_random_uuid(), 'there', 'contact', 'only_there', null);
            insert into crm_owners (tenant_id, platform, external_id, owner_id, email, name) values
                ('{tenant}', 'hubspot', '7', '{tenant}', 'olga@example.com', 'Olga'), ('{tenant}', 'pipedrive', '70', '{tenant}', 'olga@example.com', 'Olga'), ('{tenant}', 'hubspot', '8', gen_random_uuid(), null, 'Otto');
            insert into crm_stages (tenant_id, platform, pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, status) values
                ('{tenant}', 'hubspot', 'default', 'closedwon', gen_random_uuid(), gen_random_uuid(), 'Sales', 'Won', 1, 'won'), ('{tenant}', 'pipedrive', '1', '5', gen_random_uuid(), '{PlanId}', 'sales', 'WON', 1, 'won')
            """);

        var (status, body) = await SendAsync(tenant, "GET", "", role: "viewer");

        status.ShouldBe(200);
        var view = JsonDocument.Parse(body).RootElement;
        view.GetProperty("state").GetString().ShouldBe("ready");
        view.GetProperty("plan").GetString().ShouldBe(PlanId);
        view.GetProperty("deal_rule").GetArrayLength().ShouldBe(0);
        view.GetProperty("choices").ValueKind.ShouldBe(JsonValueKind.Null);
        view.GetProperty("kinds").GetRawText().ShouldBe("""{"contact":{"matched":1,"matched_by":{"email":1},"ambiguous_here":0,"ambiguous_there":0,"only_here":0,"only_there":1,"undecided":0,"calls":null}}""");
        view.GetProperty("owners").GetRawText().ShouldBe("""[{"external_id":"7","name":"Olga","email":"olga@example.com","is_active":true,"same_as":["pipedrive 70"]},{"external_id":"8","name":"Otto","email":null,"is_active":true,"same_as":[]}]""");
        view.GetProperty("stages").GetRawText().ShouldBe($$$"""[{"pipeline":"default","stage":"closedwon","pipeline_name":"Sales","label":"Won","status":"won","proposed":{"stage_id":"{{{PlanId}}}","pipeline":"sales","label":"WON"},"confirmed":null}]""");
    }

    [Fact]
    public async Task A_confirmed_stage_has_the_hubs_ids_from_then_on_and_history_says_by_whom()
    {
        var tenant = await WaitingAsync("ready");
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_stages (tenant_id, platform, pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, status) values
                ('{tenant}', 'hubspot', 'default', 'new', '{tenant}', gen_random_uuid(), 'Sales', 'New', 0, 'open'), ('{tenant}', 'hubspot', 'default', 'won', '{tenant}', gen_random_uuid(), 'Sales', 'Won', 1, 'won'),
                ('{tenant}', 'pipedrive', '1', '5', '11111111-1111-4111-8111-111111111111', '{PlanId}', 'sales', 'WON', 1, 'won')
            """);
        const string body = $$"""{"stages":[{"pipeline":"default","stage":"won","as":"{{PlanId}}"}]}""";
        (await SendAsync(tenant, "PUT", "/stages", body, "member")).Status.ShouldBe(403);

        (await SendAsync(tenant, "PUT", "/stages", body)).Status.ShouldBe(202);

        (await fixture.Hub.RowsAsync($"select external_id, pipeline_id, stage_id = '{PlanId}' from crm_stages where tenant_id = '{tenant}' and platform = 'hubspot' order by external_id"))
            .ShouldBe(["new|11111111-1111-4111-8111-111111111111|False", "won|11111111-1111-4111-8111-111111111111|True"]);
        JsonDocument.Parse((await SendAsync(tenant, "GET", "")).Body).RootElement.GetProperty("stages")[1].GetProperty("confirmed").GetString().ShouldBe(PlanId);
        (await fixture.Hub.RowsAsync($"select cause, actor from crm_audit_log where tenant_id = '{tenant}' and new_value like '%stages%'")).ShouldBe(["person|5f0c1f3e-0000-4000-8000-000000000001"]);
    }

    [Fact]
    public async Task Who_thinks_better_of_a_stage_before_the_first_load_moves_no_deal_of_another_platform()
    {
        var tenant = await WaitingAsync("ready");
        var other = Guid.NewGuid();
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_stages (tenant_id, platform, pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, status) values
                ('{tenant}', 'hubspot', 'default', 'won', '11111111-1111-4111-8111-111111111111', '{PlanId}', 'Sales', 'Won', 1, 'won'),
                ('{tenant}', 'pipedrive', '1', '5', '11111111-1111-4111-8111-111111111111', '{PlanId}', 'sales', 'WON', 1, 'won'),
                ('{tenant}', 'pipedrive', '1', '6', '11111111-1111-4111-8111-111111111111', '{other}', 'sales', 'Signed', 2, 'won');
            insert into crm_deals (tenant_id, id, name, pipeline_id, stage_id) values ('{tenant}', gen_random_uuid(), 'Theirs', '11111111-1111-4111-8111-111111111111', '{PlanId}')
            """);

        (await SendAsync(tenant, "PUT", "/stages", $$"""{"stages":[{"pipeline":"default","stage":"won","as":"{{other}}"}]}""")).Status.ShouldBe(202);

        (await fixture.Hub.RowsAsync($"select stage_id from crm_deals where tenant_id = '{tenant}'")).ShouldBe([PlanId]);
        (await fixture.Hub.RowsAsync($"select stage_id from crm_stages where tenant_id = '{tenant}' and platform = 'hubspot'")).ShouldBe([$"{other}"]);
    }

    [Fact]
    public async Task A_stage_that_came_later_is_confirmed_with_the_deals_that_are_in_it()
    {
        var tenant = await WaitingAsync("settled");
        await fixture.Hub.ExecuteAsync($"""
            update crm_sync_configs set state = 'live', direction = 'two_way', kinds = '{"{deal}"}' where tenant_id = '{tenant}';
            insert into crm_sync_configs (tenant_id, platform, state, direction, kinds) values ('{tenant}', 'pipedrive', 'live', 'two_way', '{"{deal}"}');
            insert into crm_stages (tenant_id, platform, pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, status) values
                ('{tenant}', 'hubspot', 'default', 'new', '11111111-1111-4111-8111-111111111111', '{tenant}', 'Sales', 'New', 0, 'open'),
                ('{tenant}', 'hubspot', 'default', 'late', '11111111-1111-4111-8111-111111111111', '44444444-4444-4444-8444-444444444444', 'Sales', 'Late', 1, 'open'),
                ('{tenant}', 'pipedrive', '1', '4', '11111111-1111-4111-8111-111111111111', '{tenant}', 'sales', 'New', 0, 'open'),
                ('{tenant}', 'pipedrive', '1', '5', '11111111-1111-4111-8111-111111111111', '{PlanId}', 'sales', 'LATE', 1, 'open');
            insert into crm_deals (tenant_id, id, name, pipeline_id, stage_id) values
                ('{tenant}', gen_random_uuid(), 'In it', '11111111-1111-4111-8111-111111111111', '44444444-4444-4444-8444-444444444444'),
                ('{tenant}', gen_random_uuid(), 'Beside it', '11111111-1111-4111-8111-111111111111', '{tenant}');
            delete from crm_outbox where tenant_id = '{tenant}'
            """);
        async Task<string> ProblemsAsync()
        {
            using var request = ApiTokenTests.Request(HttpMethod.Get, "/api/v1/connections/hubspot", Token.For(tenant, "viewer"), null);
            return (await fixture.SendAsync(request)).Body;
        }


        (await ProblemsAsync()).ShouldContain("goes no further: Late. Say which");

        (await SendAsync(tenant, "PUT", "/stages", $$"""{"stages":[{"pipeline":"default","stage":"late","as":"{{PlanId}}"}]}""")).Status.ShouldBe(202);

        (await fixture.Hub.RowsAsync($"select name, stage_id from crm_deals where tenant_id = '{tenant}' order by name")).ShouldBe([$"Beside it|{tenant}", $"In it|{PlanId}"]);
        (await fixture.Hub.RowsAsync($"select field, new_value, cause, actor from crm_audit_log where tenant_id = '{tenant}' and action = 'set'")).ShouldBe([$"stage_id|{PlanId}|edit|5f0c1f3e-0000-4000-8000-000000000001"]);
        (await fixture.Hub.RowsAsync($"select platform from crm_outbox where tenant_id = '{tenant}' order by 1")).ShouldBe(["hubspot", "pipedrive"]);
        (await ProblemsAsync()).ShouldNotContain("goes no further");

        var (status, body) = await SendAsync(tenant, "PUT", "/stages", $$"""{"stages":[{"pipeline":"default","stage":"late","as":"{{tenant}}"}]}""");
        (status, Detail(body)).ShouldBe((400, "stages[0] is confirmed already, and deals of all platforms hold it; move them, and rename the stage instead."));
    }

    [Theory]
    [InlineData("""[{"pipeline":"default","stage":"lost","as":"22222222-2222-4222-8222-222222222222"}]""", "stages[0]: the platform has no such stage")]
    [InlineData("""[{"pipeline":"default","stage":"won","as":"33333333-3333-4333-8333-333333333333"}]""", "stages[0].as is no stage that the hub knows")]
    [InlineData("""[{"pipeline":"default","stage":"won","as":"22222222-2222-4222-8222-222222222222"},{"pipeline":"default","stage":"won","as":"22222222-2222-4222-8222-222222222222"}]""", "stages[1] names a stage a second time")]
    public async Task A_stage_that_is_none_is_refused(string stages, string reason)
    {
        var tenant = await WaitingAsync("ready");
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_stages (tenant_id, platform, pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, status) values
                ('{tenant}', 'hubspot', 'default', 'won', gen_random_uuid(), gen_random_uuid(), 'Sales', 'Won', 1, 'won'), ('{tenant}', 'pipedrive', '1', '5', gen_random_uuid(), '{PlanId}', 'sales', 'WON', 1, 'won')
            """);
        var (status, body) = await SendAsync(tenant, "PUT", "/stages", $$"""{"stages":{{stages}}}""");
        status.ShouldBe(400);
        Detail(body).ShouldStartWith(reason);
    }

    [Fact]
    public async Task Only_an_administrator_approves_and_the_load_begins()
    {
        var tenant = await WaitingAsync("ready");
        foreach (var role in new[] { "viewer", "member" })
            (await SendAsync(tenant, "POST", "/approve", Approval, role)).Status.ShouldBe(403);

        (await SendAsync(tenant, "POST", "/approve", Approval)).Status.ShouldBe(202);

        (await fixture.Hub.RowsAsync($"select match_state, array_to_string(kinds, ','), match_plan -> 'choices' ->> 'contact' from crm_sync_configs where tenant_id = '{tenant}'"))
            .ShouldBe(["approved|company,contact|link_only"]);
        (await fixture.Hub.RowsAsync($"select mode, cursor ->> 'isPlanned' from crm_sync_jobs where tenant_id = '{tenant}'")).ShouldBe(["initial|true"]);
        (await SendAsync(tenant, "POST", "/approve", Approval)).Status.ShouldBe(409);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"plan":"22222222-2222-4222-8222-222222222222"}""")]
    [InlineData("""{"plan":"22222222-2222-4222-8222-222222222222","choices":{"contact":"perhaps"}}""")]
    [InlineData("""{"plan":"22222222-2222-4222-8222-222222222222","choices":{"person":"link_only"}}""")]
    [InlineData("""{"plan":"22222222-2222-4222-8222-222222222222","choices":{"contact":null}}""")]
    [InlineData("""{"plan":"22222222-2222-4222-8222-222222222222","choices":{"contact":"link_only"},"force":true}""")]
    [InlineData("""{"plan":"22222222-2222-4222-8222-222222222222","choices":{"contact":"create_there","company":"link_only","deal":"link_only"}}""")]
    public async Task An_approval_that_says_too_little_or_too_much_is_answered_400(string body)
    {
        var tenant = await WaitingAsync("ready");
        (await SendAsync(tenant, "POST", "/approve", body)).Status.ShouldBe(400);
        (await fixture.Hub.ScalarAsync<string>($"select match_state from crm_sync_configs where tenant_id = '{tenant}'")).ShouldBe("ready");
    }

    [Theory]
    [InlineData("""{"fields":["name","company","amount"]}""", 200, null)]
    [InlineData("""{"fields":[]}""", 200, null)]
    [InlineData("""{"fields":["name"]}""", 400, "fields: name alone does not make two deals the same; add company")]
    [InlineData("""{"fields":["name","pipeline_id"]}""", 400, "fields[1] is nothing that deals can be matched by")]
    [InlineData("""{"fields":[null]}""", 400, null)]
    [InlineData("""{"rule":[]}""", 400, null)]
    public async Task The_rule_for_deals_is_checked_when_it_is_saved(string body, int expected, string? reason)
    {
        var tenant = await WaitingAsync("ready");
        var (status, answer) = await SendAsync(tenant, "PUT", "/deal-rule", body, "member");
        status.ShouldBe(expected, answer);
        if (reason is not null)
            Detail(answer).ShouldStartWith(reason);
        (await fixture.Hub.ScalarAsync<string>($"select match_state from crm_sync_configs where tenant_id = '{tenant}'")).ShouldBe(expected == 200 ? "needed" : "ready");
    }

    [Fact]
    public async Task A_sync_that_waits_for_the_plan_says_so()
    {
        var tenant = await WaitingAsync("needed");
        using var request = ApiTokenTests.Request(HttpMethod.Post, "/api/v1/sync", Token.For(tenant), """{"platform":"hubspot"}""");
        var (status, body) = await fixture.SendAsync(request);
        status.ShouldBe(409);
        Detail(body).ShouldBe("HubSpot and the hub both hold records: make the match plan, look at it and approve it first (/api/v1/connections/hubspot/match-plan).");
    }

    [Fact]
    public async Task Items_are_listed_by_kind_and_class_page_by_page_with_their_candidates()
    {
        var tenant = await WaitingAsync("ready");
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_match_items (tenant_id, platform, kind, id, side, remote_kind, label, class, candidates)
            select '{tenant}', 'hubspot', 'contact', ('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid, 'here', 'contact', 'H' || i, 'ambiguous', array['00000000-0000-0000-0000-000000000150'::uuid]
              from generate_series(1, 150) i
            """);

        var first = JsonDocument.Parse((await SendAsync(tenant, "GET", "/items?kind=contact&class=ambiguous", role: "viewer")).Body).RootElement;
        var after = first.GetProperty("after").GetString();
        var second = JsonDocument.Parse((await SendAsync(tenant, "GET", $"/items?kind=contact&after={after}")).Body).RootElement;

        (first.GetProperty("items").GetArrayLength(), second.GetProperty("items").GetArrayLength()).ShouldBe((100, 50));
        second.GetProperty("after").ValueKind.ShouldBe(JsonValueKind.Null);
        first.GetProperty("items")[0].GetProperty("candidates")[0].GetProperty("label").GetString().ShouldBe("H150");
        foreach (var query in new[] { "", "?kind=person", "?kind=contact&class=odd", "?kind=contact&after=7" })
            (await SendAsync(tenant, "GET", $"/items{query}")).Status.ShouldBe(400, query);
        (await SendAsync(tenant, "GET", "/items?kind=deal")).Body.ShouldBe("""{"after": null, "items": []}""");
    }

    [Fact]
    public async Task A_person_decides_an_item_and_sees_what_it_has_become()
    {
        var tenant = await WaitingAsync("ready");
        var id = Guid.NewGuid();
        await fixture.Hub.ExecuteAsync($"insert into crm_match_items (tenant_id, platform, kind, id, side, remote_kind, external_id, class) values ('{tenant}', 'hubspot', 'contact', '{id}', 'there', 'contact', '7', 'ambiguous')");
        (await SendAsync(tenant, "POST", $"/items/{id}/resolve", """{"decision":"out"}""", "viewer")).Status.ShouldBe(403);
        foreach (var body in new[] { "", """{"decision":"perhaps"}""", """{"decision":"join"}""", """{"decision":"out","with":"22222222-2222-4222-8222-222222222222"}""" })
            (await SendAsync(tenant, "POST", $"/items/{id}/resolve", body, "member")).Status.ShouldBe(400, body);

        var (status, answer) = await SendAsync(tenant, "POST", $"/items/{id}/resolve", """{"decision":"out"}""", "member");

        status.ShouldBe(200);
        var item = JsonDocument.Parse(answer).RootElement;
        (item.GetProperty("decision").GetString(), item.GetProperty("decided_by").GetString()).ShouldBe(("out", "5f0c1f3e-0000-4000-8000-000000000001"));
        (await SendAsync(tenant, "POST", $"/items/{Guid.NewGuid()}/resolve", """{"decision":"out"}""")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_person_decides_many_at_once_and_hears_of_each()
    {
        var tenant = await WaitingAsync("ready");
        Guid[] ids = [.. Enumerable.Range(0, 98).Select(_ => Guid.NewGuid())];
        await fixture.Hub.ExecuteAsync($"""
            insert into crm_match_items (tenant_id, platform, kind, id, side, remote_kind, external_id, class)
            select '{tenant}', 'hubspot', 'contact', id, 'there', 'contact', id::text, 'ambiguous' from unnest(array['{string.Join("','", ids.Skip(1))}']::uuid[]) id
            """);
        static string Body(params IEnumerable<string> all) => $$"""{"resolutions":[{{string.Join(',', all)}}]}""";
        string[] all =
        [
            $$"""{"item":"{{ids[0]}}","decision":"out"}""", """{"decision":"out"}""", $$"""{"item":"{{ids[1]}}","decision":"join"}""",
            .. ids.Skip(1).Select(id => $$"""{"item":"{{id}}","decision":"out"}"""),
        ];
        (await SendAsync(tenant, "POST", "/items/resolve", Body(all), "viewer")).Status.ShouldBe(403);
        foreach (var wrong in new[] { "", "{}", Body(), Body("null"), Body([.. all, all[0]]), Body("""{"item":"7","decision":"out"}""") })
            (await SendAsync(tenant, "POST", "/items/resolve", wrong, "member")).Status.ShouldBe(400);

        var (status, answer) = await SendAsync(tenant, "POST", "/items/resolve", Body(all), "member");

        status.ShouldBe(200);
        var results = JsonDocument.Parse(answer).RootElement.GetProperty("results").EnumerateArray().ToList();
        results.Select(result => result.GetProperty("state").GetString()).ShouldBe(["not_found", "refused", "refused", .. Enumerable.Repeat("done", 97)]);
        results.Skip(3).Select(result => result.GetProperty("item").GetGuid()).ShouldBe(ids.Skip(1));
        results[2].GetProperty("reason").GetString()!.ShouldContain("goes with join");
        (await fixture.Hub.ScalarAsync<long>($"select count(*) from crm_match_items where tenant_id = '{tenant}' and decision = 'out'")).ShouldBe(97);
    }

    private static string Detail(string body) => JsonDocument.Parse(body).RootElement.GetProperty("detail").GetString()!;

    private async Task<TenantId> WaitingAsync(string state)
    {
        var (tenant, _) = await fixture.ConnectAsync();
        await fixture.Hub.ExecuteAsync($$"""update crm_sync_configs set match_state = '{{state}}', match_plan = '{"job":"{{PlanId}}"}' where tenant_id = '{{tenant}}'""");
        return tenant;
    }

    private async Task<(int Status, string Body)> SendAsync(TenantId tenant, string method, string path, string? body = null, string role = "admin")
    {
        using var request = ApiTokenTests.Request(new HttpMethod(method), $"/api/v1/connections/hubspot/match-plan{path}", Token.For(tenant, role), body);
        return await fixture.SendAsync(request);
    }
}
