using System.Reflection;
using Forge.Crm.Domain.Records;
using Forge.Crm.Functions.Api;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Tests.Functions;

/// <summary>
/// Every endpoint, asked with one tenant's token for another tenant's things. The endpoints are found by reflection: a new one fails here until
/// it is covered.
/// </summary>
public sealed class ApiIsolationTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private const string NotFound = """{"status":404,"title":"There is no such thing."}""";

    // What each endpoint answers to a stranger; webhooks and health ask for no token.
    private static readonly Dictionary<string, Func<(int Status, string Body), bool>> Expected = new()
    {
        ["GET api/v1/events"] = answer => answer == (200, """{"events":[],"after":null}"""),
        ["POST api/v1/events/{id}/redrive"] = answer => answer == (404, NotFound),
        ["GET api/v1/records/{kind}/{id}"] = answer => answer == (404, NotFound),
        ["GET api/v1/records/{kind}/{id}/history"] = answer => answer == (404, NotFound),
        ["GET api/v1/jobs"] = answer => answer == (200, """{"jobs": []}"""),
        ["GET api/v1/jobs/{id}"] = answer => answer == (404, NotFound),
        ["GET api/v1/jobs/{id}/plan"] = answer => answer == (404, NotFound),
        ["GET api/v1/jobs/{id}/plan/items"] = answer => answer == (404, NotFound),
        ["POST api/v1/jobs/{id}/pause"] = answer => answer == (404, NotFound),
        ["POST api/v1/jobs/{id}/resume"] = answer => answer == (404, NotFound),
        ["POST api/v1/jobs/{id}/cancel"] = answer => answer == (404, NotFound),
        ["GET api/v1/connections"] = answer => answer == (200, """{"connections":[]}"""),
        ["GET api/v1/connections/{platform}"] = answer => answer == (404, NotFound),
        ["PUT api/v1/connections/{platform}"] = answer => answer == (404, NotFound),
        ["DELETE api/v1/connections/{platform}"] = answer => answer == (404, NotFound),
        ["POST api/v1/connections/{platform}"] = answer => answer.Status == 400,
        ["POST api/v1/connections/{platform}/test"] = answer => answer == (404, NotFound),
        ["POST api/v1/connections/{platform}/pause"] = answer => answer == (404, NotFound),
        ["POST api/v1/connections/{platform}/resume"] = answer => answer == (404, NotFound),
        ["POST api/v1/connections/{platform}/oauth/start"] = answer => answer == (404, NotFound),
        ["POST api/v1/connections/{platform}/oauth/finish"] = answer => answer.Status == 400,
        ["POST api/v1/sync"] = answer => answer == (404, NotFound),
        ["GET api/v1/conflicts"] = answer => answer == (200, """{"after": null, "conflicts": []}"""),
        ["GET api/v1/conflicts/{id}"] = answer => answer == (404, NotFound),
        ["POST api/v1/conflicts/{id}/resolve"] = answer => answer == (404, NotFound),
        ["GET api/v1/pushes"] = answer => answer == (200, """{"pushes": []}"""),
        ["GET api/v1/push-errors"] = answer => answer == (200, """{"after": null, "push_errors": []}"""),
        ["POST api/v1/push-errors/{id}/redrive"] = answer => answer == (404, NotFound),
        ["POST api/v1/push-errors/redrive"] = answer => answer == (202, """{"redriven":0}"""),
        ["GET api/v1/notices"] = answer => answer == (200, """{"after": null, "notices": []}"""),
        ["POST api/v1/notices/{id}/redrive"] = answer => answer == (404, NotFound),
        ["POST api/v1/notices/redrive"] = answer => answer == (202, """{"redriven":0}"""),
        ["GET api/v1/notices/settings"] = answer => answer == (200, """{"mailsPerHour":10,"digestMinutes":0,"fallback":null,"problem":null}"""),
        ["PUT api/v1/notices/settings"] = answer => answer.Status == 200,
        ["POST api/v1/notices/secrets/{name}"] = answer => answer.Status == 400,
        ["GET api/v1/hubspot-leads"] = answer => answer == (200, """{"after": null, "leads": []}"""),
        ["POST api/v1/hubspot-leads/{id}/redrive"] = answer => answer == (404, NotFound),
        ["POST api/v1/hubspot-leads/redrive"] = answer => answer == (202, """{"redriven":0}"""),
        ["GET api/v1/held-deletions"] = answer => answer == (200, """{"held": [], "after": null, "deletions": []}"""),
        ["POST api/v1/held-deletions/approve"] = answer => answer == (202, """{"deletions":0}"""),
        ["POST api/v1/held-deletions/restore"] = answer => answer == (202, """{"deletions":0}"""),
        ["POST api/v1/erase"] = answer => answer == (404, NotFound),
        ["GET api/v1/erasures/{kind}/{id}"] = answer => answer == (404, NotFound),
        ["GET api/v1/connections/{platform}/strategies"] = answer => answer == (404, NotFound),
        ["PUT api/v1/connections/{platform}/strategies"] = answer => answer == (404, NotFound),
        ["GET api/v1/connections/{platform}/mapping"] = answer => answer == (404, NotFound),
        ["PUT api/v1/connections/{platform}/mapping"] = answer => answer == (404, NotFound),
        ["POST api/v1/connections/{platform}/match-plan"] = answer => answer == (404, NotFound),
        ["GET api/v1/connections/{platform}/match-plan"] = answer => answer == (404, NotFound),
        ["PUT api/v1/connections/{platform}/match-plan/deal-rule"] = answer => answer == (404, NotFound),
        ["PUT api/v1/connections/{platform}/match-plan/stages"] = answer => answer == (404, NotFound),
        ["POST api/v1/connections/{platform}/match-plan/approve"] = answer => answer == (404, NotFound),
        ["GET api/v1/connections/{platform}/match-plan/items"] = answer => answer == (200, """{"after": null, "items": []}"""),
        ["POST api/v1/connections/{platform}/match-plan/items/{id}/resolve"] = answer => answer == (404, NotFound),
        ["GET api/v1/reports/pipeline"] = answer => answer.Status == 200 && answer.Body.Contains("\"stages\": []", StringComparison.Ordinal) && !answer.Body.Contains("Theirs", StringComparison.Ordinal),
        ["GET api/v1/reports/activities"] = answer => answer.Status == 200 && answer.Body.Contains("\"owners\": []", StringComparison.Ordinal),
        ["GET api/v1/reports/forecast"] = answer => answer == (200, """{"past": [], "months": [], "in_no_month": []}"""),
        ["GET api/v1/reports/settings"] = answer => answer == (200, """{"committed_from":0.8,"upside_from":0.5,"week_open_hours":24}"""),
        ["PUT api/v1/reports/settings"] = answer => answer == (200, """{"committed_from":0.9,"upside_from":0.6,"week_open_hours":1}"""),
        ["POST api/v1/reports/{report}/run"] = answer => answer == (404, NotFound),
        ["POST api/v1/connections/{platform}/match-plan/items/resolve"] = answer => answer.Status == 200 && answer.Body.EndsWith("\"state\":\"not_found\",\"reason\":null}]}", StringComparison.Ordinal),
        ["GET api/v1/rules"] = answer => answer == (200, """{"rules":[]}"""),
        ["GET api/v1/rules/schema"] = answer => answer.Status == 200,
        ["GET api/v1/rules/{id}"] = answer => answer == (404, NotFound),
        ["GET api/v1/rules/{id}/runs"] = answer => answer == (404, NotFound),
        ["POST api/v1/rules"] = answer => answer.Status == 400,
        ["PUT api/v1/rules/{id}"] = answer => answer == (404, NotFound),
        ["DELETE api/v1/rules/{id}"] = answer => answer == (404, NotFound),
        ["POST api/v1/rules/dry-run"] = answer => answer.Status == 400,
        ["GET api/v1/apps"] = answer => answer.Status == 200 && !answer.Body.Contains("\"enabled\":true", StringComparison.Ordinal),
        ["PUT api/v1/apps"] = answer => answer.Status == 200,
        ["GET api/v1/apps/schemas/{type}"] = answer => answer == (404, NotFound),
    };

    // Bodies that would do something, where a body that says whose it is would be refused before anybody looks.
    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["POST api/v1/sync"] = """{"platform":"hubspot","dryRun":true}""",
        ["POST api/v1/conflicts/{id}/resolve"] = """{"pick":"remote","always":true}""",
        ["POST api/v1/push-errors/redrive"] = """{"platform":"hubspot"}""",
        ["PUT api/v1/connections/{platform}/match-plan/deal-rule"] = """{"fields":["name","amount"]}""",
        ["PUT api/v1/connections/{platform}/match-plan/stages"] = """{"stages":[]}""",
        ["POST api/v1/connections/{platform}/match-plan/approve"] = """{"plan":"11111111-1111-4111-8111-111111111111","choices":{"contact":"link_only"}}""",
        ["POST api/v1/connections/{platform}/match-plan/items/{id}/resolve"] = """{"decision":"out"}""",
        ["POST api/v1/connections/{platform}/match-plan/items/resolve"] = """{"resolutions":[{"item":"{item}","decision":"out"}]}""",
        ["PUT api/v1/connections/{platform}"] = """{"direction":"write","kinds":["deal"],"delete_policy":"ignore","interval_minutes":60}""",
        ["POST api/v1/connections/{platform}/oauth/finish"] = """{"state":"theirs","code":"theirs"}""",
        ["PUT api/v1/notices/settings"] = """{"mailsPerHour":7}""",
        ["PUT api/v1/rules/{id}"] = """{"document":{"name":"Mine","when":{"on":"created","kind":"contact"},"then":[{"do":"set","record":"record","fields":{"city":"x"}}]}}""",
        ["PUT api/v1/apps"] = """{"apps":["folio"]}""",
        ["POST api/v1/held-deletions/approve"] = """{"platform":"hubspot","kind":"contact"}""",
        ["POST api/v1/held-deletions/restore"] = """{"platform":"hubspot","kind":"contact"}""",
        ["POST api/v1/erase"] = """{"kind":"contact","id":"{record}"}""",
        ["PUT api/v1/connections/{platform}/strategies"] = """{"strategy":"manual_review","ranks":["hubspot","supabase","pipedrive"],"strategies":{}}""",
        ["PUT api/v1/reports/settings"] = """{"committed_from":0.9,"upside_from":0.6,"week_open_hours":1}""",
        ["POST api/v1/reports/{report}/run"] = """{"date":"2026-06-01"}""",
        ["PUT api/v1/connections/{platform}/mapping"] = """{"contact":{"shoe_size":{"property":"shoe_size","type":"number"}}}""",
    };

    internal static readonly string[] WithoutToken =
    [
        "GET api/v1/health", "GET api/v1/oauth/callback/{platform}", "POST webhooks/hubspot", "POST webhooks/hubspot/{connection}", "POST webhooks/pipedrive/{connection}",
        "POST webhooks/supabase/{connection}", "POST webhooks/supabase-project/{connection}",
    ];

    [Fact]
    public void Every_endpoint_is_covered() =>
        Endpoints().Order().ShouldBe(Expected.Keys.Concat(WithoutToken).Order());

    [Fact]
    public async Task One_tenants_token_shows_nothing_of_another()
    {
        var (mine, theirs) = (await fixture.Hub.AddTenantAsync(), await FillAsync());
        var ids = new Dictionary<string, string>
        {
            ["events"] = (await fixture.Hub.ScalarAsync<long>($"select id from crm_webhook_events where tenant_id = '{theirs}'")).ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["records"] = (await fixture.Hub.ScalarAsync<Guid>($"select id from crm_contacts where tenant_id = '{theirs}'")).ToString(),
            ["erasures"] = (await fixture.Hub.ScalarAsync<Guid>($"select id from crm_contacts where tenant_id = '{theirs}'")).ToString(),
            ["conflicts"] = (await fixture.Hub.ScalarAsync<Guid>($"select id from crm_conflict_records where tenant_id = '{theirs}'")).ToString(),
            ["push-errors"] = (await fixture.Hub.ScalarAsync<string>($"select platform || '.' || kind || '.' || record_id from crm_outbox where tenant_id = '{theirs}'"))!,
            ["connections"] = (await fixture.Hub.ScalarAsync<Guid>($"select id from crm_match_items where tenant_id = '{theirs}'")).ToString(),
            ["rules"] = (await fixture.Hub.ScalarAsync<Guid>($"insert into crm_automation_rules (tenant_id, name) values ('{theirs}', 'Theirs') returning id")).ToString(),
            ["notices"] = (await fixture.Hub.ScalarAsync<Guid>($"select id from crm_notices where tenant_id = '{theirs}'")).ToString(),
            ["hubspot-leads"] = (await fixture.Hub.ScalarAsync<Guid>($"select id from crm_hubspot_leads where tenant_id = '{theirs}'")).ToString(),
            ["jobs"] = (await fixture.Hub.ScalarAsync<Guid>($"select id from crm_sync_jobs where tenant_id = '{theirs}'")).ToString(),
        };
        var before = await StateAsync(theirs);

        foreach (var (endpoint, isExpected) in Expected)
        {
            var (method, route) = (endpoint.Split(' ')[0], endpoint.Split(' ')[1]);
            var path = route.Replace("{kind}", "contact", StringComparison.Ordinal).Replace("{platform}", "hubspot", StringComparison.Ordinal)
                .Replace("{id}", ids.GetValueOrDefault(route.Split('/')[2], ""), StringComparison.Ordinal);
            var body = method == "GET" ? null : Bodies.GetValueOrDefault(endpoint, $$"""{"platform":"hubspot","tenant_id":"{{theirs}}"}""").Replace("{record}", ids["records"], StringComparison.Ordinal)
                .Replace("{item}", ids["connections"], StringComparison.Ordinal);
            using var request = ApiTokenTests.Request(new HttpMethod(method), $"/{path}?tenant_id={theirs}&kind=contact", Token.For(mine, "admin"), body);
            var answer = await fixture.SendAsync(request);
            isExpected(answer).ShouldBeTrue($"{endpoint} answered {answer}");
        }

        (await StateAsync(theirs)).ShouldBe(before);
    }

    internal static IEnumerable<string> Endpoints() =>
        from type in typeof(ApiGate).Assembly.GetTypes()
        from method in type.GetMethods()
        from parameter in method.GetParameters()
        let trigger = parameter.GetCustomAttribute<HttpTriggerAttribute>()
        where trigger is not null
        from verb in trigger.Methods!
        select $"{verb.ToUpperInvariant()} {trigger.Route}";

    private async Task<TenantId> FillAsync()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        await fixture.SendAsync(new SignedWebhook($"[{SignedWebhook.Event(portal, 1)}]"));
        await fixture.Hub.ExecuteAsync($"""
            update crm_webhook_events set status = 'failed' where tenant_id = '{tenant}';
            insert into crm_contacts (tenant_id, id, email) values ('{tenant}', gen_random_uuid(), 'theirs@example.com');
            insert into crm_outbox (tenant_id, platform, kind, record_id, cause, status, reason) values ('{tenant}', 'hubspot', 'contact', gen_random_uuid(), 'edit', 'failed', 'theirs');
            insert into crm_notices (tenant_id, dedupe_key, target, subject, body, cause, status, reason) values ('{tenant}', 'theirs', 'administrators', 'Theirs', 'Theirs', 'rule', 'failed', 'theirs');
            insert into crm_hubspot_leads (tenant_id, rule_id, event_id, place, contact_id, name, status, reason) values ('{tenant}', gen_random_uuid(), 1, 0, gen_random_uuid(), 'Theirs', 'failed', 'theirs');
            insert into crm_sync_jobs (tenant_id, platform, mode, kinds, state, requested_by) values ('{tenant}', 'hubspot', 'initial', array['contact'], 'running', 'timer');
            update crm_sync_jobs set is_dry_run = true where tenant_id = '{tenant}';
            insert into crm_match_items (tenant_id, platform, kind, id, side, remote_kind, external_id, label, class)
            values ('{tenant}', 'hubspot', 'contact', gen_random_uuid(), 'there', 'contact', '7', 'Theirs', 'ambiguous');
            update crm_sync_configs set match_state = 'ready', match_plan = '{"{"}"job":"11111111-1111-4111-8111-111111111111"{"}"}' where tenant_id = '{tenant}';
            insert into crm_deals (tenant_id, name) values ('{tenant}', 'Theirs');
            insert into crm_pipeline_snapshots (tenant_id, snapshot_date, pipeline_id, stage_id, currency, pipeline, stage, deal_count, total_value, weighted_value)
            values ('{tenant}', current_date, gen_random_uuid(), gen_random_uuid(), 'EUR', 'Theirs', 'Theirs', 1, 1, 1);
            insert into crm_activity_summaries (tenant_id, period_start, owner_id) values ('{tenant}', date_trunc('week', current_date), gen_random_uuid());
            insert into crm_revenue_forecasts (tenant_id, as_of, forecast_month, currency) values ('{tenant}', current_date, date_trunc('month', current_date), 'EUR');
            insert into crm_conflict_records (tenant_id, kind, record_id, field, platform, hub_value, hub_stamp, remote_value, remote_stamp)
            select tenant_id, 'contact', id, 'job_title', 'hubspot', 'CEO', field_stamps ->> '*', 'VP', field_stamps ->> '*' from crm_contacts where tenant_id = '{tenant}';
            """);
        return tenant;
    }

    private async Task<string> StateAsync(TenantId tenant) => string.Join('\n', await fixture.Hub.RowsAsync($"""
        select status, attempts, reason from crm_webhook_events where tenant_id = '{tenant}'
        union all select status, attempts, reason from crm_outbox where tenant_id = '{tenant}'
        union all select state, step::int, error from crm_sync_jobs where tenant_id = '{tenant}'
        union all select status, attempts, reason from crm_notices where tenant_id = '{tenant}'
        union all select status, attempts, reason from crm_hubspot_leads where tenant_id = '{tenant}'
        union all select time_zone, 0, settings::text || apps::text from crm_tenants where tenant_id = '{tenant}'
        union all select state, 0, resolution from crm_conflict_records where tenant_id = '{tenant}'
        union all select decision, 0, label from crm_match_items where tenant_id = '{tenant}'
        union all select match_state, 0, match_plan::text from crm_sync_configs where tenant_id = '{tenant}'
        union all select settings::text, 0, '' from crm_tenants where tenant_id = '{tenant}'
        union all select to_jsonb(r)::text, 0, '' from crm_revenue_forecasts r where tenant_id = '{tenant}'
        union all select strategy || direction || state, 0, strategies::text || coalesce(secret_ref, '') from crm_sync_configs where tenant_id = '{tenant}'
        """));
}
