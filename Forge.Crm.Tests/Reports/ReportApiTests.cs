using System.Text.Json;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Functions;

namespace Forge.Crm.Tests.Reports;

public sealed class ReportApiTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    [Fact]
    public async Task A_report_is_made_for_a_day_and_shown_with_the_currency_of_every_amount()
    {
        var tenant = await FilledAsync();
        var run = await SendAsync(tenant, "POST", "pipeline/run", """{"date":"2026-06-03"}""", "admin");
        run.Status.ShouldBe(200);
        run.Json.GetProperty("period").GetString().ShouldBe("2026-06-03");
        run.Json.GetProperty("rows").GetInt32().ShouldBe(1);

        var shown = (await SendAsync(tenant, "GET", "pipeline?date=2026-06-03")).Json;
        var stage = shown.GetProperty("stages")[0];
        stage.GetProperty("deal_count").GetInt32().ShouldBe(3);
        stage.GetProperty("total_value").GetRawText().ShouldBe("""{"amount": 70, "currency": "KRW"}""");
        stage.GetProperty("owners")[0].GetProperty("weighted_value").GetProperty("currency").GetString().ShouldBe("KRW");
        shown.GetProperty("deals_to_complete").EnumerateArray().Select(deal => deal.GetProperty("lacks").GetRawText()).Order(StringComparer.Ordinal).ShouldBe(
            ["[\"amount\", \"close_date\"]", "[\"positive_amount\"]"]);

        (await SendAsync(tenant, "POST", "pipeline/run", """{"date":"2026-06-03"}""", "admin")).Json.GetProperty("rows").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task A_week_is_that_of_any_of_its_days()
    {
        var tenant = await FilledAsync();
        (await SendAsync(tenant, "POST", "activities/run", """{"date":"2026-06-03"}""", "admin")).Json.GetProperty("period").GetString().ShouldBe("2026-06-01");

        foreach (var day in new[] { "2026-06-01", "2026-06-07" })
        {
            var week = (await SendAsync(tenant, "GET", $"activities?week={day}")).Json;
            week.GetProperty("week").GetString().ShouldBe("2026-06-01");
            week.GetProperty("owners")[0].GetProperty("calls").GetInt32().ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_forecast_shows_what_belongs_to_no_month()
    {
        var tenant = await FilledAsync();
        (await SendAsync(tenant, "POST", "forecast/run", """{"date":"2026-06-03"}""", "admin")).Json.GetProperty("rows").GetInt32().ShouldBe(13);

        var made = (await SendAsync(tenant, "GET", "forecast?date=2026-06-03")).Json;
        made.GetProperty("months").GetArrayLength().ShouldBe(13);
        made.GetProperty("months")[1].GetProperty("pipeline").GetRawText().ShouldBe("""{"amount": 70, "currency": "KRW"}""");
        made.GetProperty("in_no_month")[0].GetProperty("without_close_date").GetRawText().ShouldBe("""{"deals": 1, "value": {"amount": 0, "currency": "KRW"}}""");
        (await SendAsync(tenant, "GET", "forecast")).Json.TryGetProperty("past", out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData("POST", "pipeline/run", """{"date":"2026-06-03"}""", "member", 403)]
    [InlineData("POST", "pipeline/run", """{"date":"2999-01-01"}""", "admin", 400)]
    [InlineData("POST", "pipeline/run", """{"date":"1999-12-31"}""", "admin", 400)]
    [InlineData("POST", "pipeline/run", """{"date":"3.6.2026"}""", "admin", 400)]
    [InlineData("POST", "pipeline/run", """{"date":"2026-06-03","tenant_id":"x"}""", "admin", 400)]
    [InlineData("POST", "weather/run", """{"date":"2026-06-03"}""", "admin", 404)]
    [InlineData("GET", "pipeline?date=yesterday", null, "viewer", 400)]
    [InlineData("GET", "activities?week=2026-W23", null, "viewer", 400)]
    [InlineData("GET", "pipeline", null, "viewer", 200)]
    [InlineData("GET", "activities", null, "viewer", 200)]
    [InlineData("GET", "forecast", null, "viewer", 200)]
    public async Task Whoever_may_asks_for_what_there_is(string method, string path, string? body, string role, int expected) =>
        (await SendAsync(await fixture.Hub.AddTenantAsync(), method, path, body, role)).Status.ShouldBe(expected);

    [Fact]
    public async Task Settings_are_read_and_set_and_history_says_by_whom()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        await fixture.Hub.ExecuteAsync($$"""update crm_tenants set settings = '{"other": 1}' where tenant_id = '{{tenant}}'""");
        (await SendAsync(tenant, "GET", "settings")).Json.GetRawText().ShouldBe("""{"committed_from":0.8,"upside_from":0.5,"week_open_hours":24}""");

        const string wanted = """{"committed_from":0.9,"upside_from":0.4,"week_open_hours":48}""";
        (await SendAsync(tenant, "PUT", "settings", wanted, "admin")).Json.GetRawText().ShouldBe(wanted);
        (await SendAsync(tenant, "GET", "settings")).Json.GetRawText().ShouldBe(wanted);
        (await fixture.Hub.RowsAsync($"select settings -> 'other', settings -> 'reports' ->> 'upside_from' from crm_tenants where tenant_id = '{tenant}'")).ShouldBe(["1|0.4"]);
        (await fixture.Hub.RowsAsync($"select cause, actor from crm_audit_log where tenant_id = '{tenant}' order by id desc limit 1"))
            .ShouldBe(["person|5f0c1f3e-0000-4000-8000-000000000001"]);
    }

    [Theory]
    [InlineData("""{"committed_from":80,"upside_from":0.5,"week_open_hours":24}""", "admin", 400, "write 0.8 for 80 %")]
    [InlineData("""{"committed_from":0.8,"upside_from":0.9,"week_open_hours":24}""", "admin", 400, "greater than committed_from")]
    [InlineData("""{"committed_from":0.8,"upside_from":0.5}""", "admin", 400, "all three")]
    [InlineData("""{"committed_from":0.8,"upside_from":0.5,"week_open_hours":24}""", "member", 403, "")]
    public async Task Settings_that_make_no_sense_are_refused(string body, string role, int status, string detail)
    {
        var answer = await SendAsync(await fixture.Hub.AddTenantAsync(), "PUT", "settings", body, role);
        answer.Status.ShouldBe(status);
        answer.Json.GetRawText().ShouldContain(detail);
    }

    [Fact]
    public async Task Settings_that_were_written_past_the_API_are_told_of_and_can_be_mended()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        await fixture.Hub.ExecuteAsync($$"""update crm_tenants set settings = '{"reports": 7}' where tenant_id = '{{tenant}}'""");
        (await SendAsync(tenant, "GET", "settings")).Status.ShouldBe(409);
        (await SendAsync(tenant, "PUT", "settings", """{"committed_from":0.8,"upside_from":0.5,"week_open_hours":24}""", "admin")).Status.ShouldBe(200);
        (await SendAsync(tenant, "GET", "settings")).Status.ShouldBe(200);
    }

    // Its reports are those of days that lie between its records' making and today.
    private async Task<TenantId> FilledAsync()
    {
        var tenant = await fixture.Hub.AddTenantAsync("Asia/Seoul");
        await fixture.Hub.ExecuteAsync($$"""
            set session_replication_role = replica;
            update crm_tenants set default_currency = 'KRW' where tenant_id = '{{tenant}}';
            insert into crm_deals (tenant_id, id, name, amount, close_date, created_at)
            values ('{{tenant}}', gen_random_uuid(), 'A', 100, '2026-07-01', '2026-05-01'), ('{{tenant}}', gen_random_uuid(), 'B', -30, '2026-07-01', '2026-05-01'),
                   ('{{tenant}}', gen_random_uuid(), 'C', null, null, '2026-05-01');
            insert into crm_activities (tenant_id, id, type, occurred_at, owner_id, created_at) values ('{{tenant}}', gen_random_uuid(), 'call', '2026-06-02', gen_random_uuid(), '2026-06-02');
            """);
        return tenant;
    }

    private async Task<(int Status, JsonElement Json)> SendAsync(TenantId tenant, string method, string path, string? body = null, string role = "viewer")
    {
        using var request = ApiTokenTests.Request(new HttpMethod(method), $"/api/v1/reports/{path}", Token.For(tenant, role), body);
        var (status, answer) = await fixture.SendAsync(request);
        using var document = JsonDocument.Parse(answer);
        return (status, document.RootElement.Clone());
    }
}
