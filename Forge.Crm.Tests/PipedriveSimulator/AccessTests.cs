using System.Net;
using Forge.Crm.LocalHost.Pipedrive;

namespace Forge.Crm.Tests.PipedriveSimulation;

public sealed class AccessTests
{
    [Fact]
    public async Task Nobody_gets_in_without_a_token()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        (await pipedrive.SendAsync(HttpMethod.Get, "/v1/users/me", token: null)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await pipedrive.SendAsync(HttpMethod.Get, "/v1/users/me", token: "x")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        var me = (await pipedrive.GetAsync("/v1/users/me")).Data!;
        (me["company_id"]!.GetValue<long>(), me["timezone_name"]!.ToString()).ShouldBe((PipedriveFixture.CompanyId, "Europe/Tallinn"));
    }

    [Fact]
    public async Task A_token_opens_its_own_account_only()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        pipedrive.Simulator.AddAccount(2, "token-2").Create("persons", new() { ["name"] = "Other" });
        (await pipedrive.GetAsync("/api/v2/persons")).Ids.ShouldBeEmpty();
        (await pipedrive.SendAsync(HttpMethod.Get, "/api/v2/persons", token: "token-2")).Ids.ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_refresh_wants_the_clients_secret_and_keeps_the_refresh_token()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        var options = pipedrive.Simulator.Options;
        var client = $"{options.ClientId}:{options.ClientSecret}";
        (await pipedrive.RefreshAsync(pipedrive.Account.RefreshToken, "x:y")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        var refused = await pipedrive.RefreshAsync("x", client);
        (refused.Status, refused.Error).ShouldBe((HttpStatusCode.BadRequest, "invalid_grant"));
        var token = await pipedrive.RefreshAsync(pipedrive.Account.RefreshToken, client);
        token.Json!["refresh_token"]!.ToString().ShouldBe(pipedrive.Account.RefreshToken);
        token.Json["api_domain"]!.ToString().ShouldBe("https://example-sandbox.pipedrive.com");
        token.Json["expires_in"]!.GetValue<int>().ShouldBe(3_600);
    }

    [Fact]
    public async Task Twenty_calls_fit_into_two_seconds_and_the_headers_count_them()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        pipedrive.Simulator.Limits.Enabled = true;
        for (var i = 1; i <= 20; i++)
        {
            var answer = await pipedrive.GetAsync("/v1/users/me");
            (answer.Header("x-ratelimit-limit"), answer.Header("x-ratelimit-remaining"), answer.Header("x-ratelimit-reset")).ShouldBe(("20", $"{20 - i}", "2"));
        }

        (await pipedrive.GetAsync("/v1/users/me")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        pipedrive.Clock.Advance(TimeSpan.FromSeconds(2));
        (await pipedrive.GetAsync("/v1/users/me")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Searches_have_a_smaller_limit()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        pipedrive.Simulator.Limits.Enabled = true;
        for (var i = 0; i < 10; i++)
            (await pipedrive.GetAsync("/api/v2/itemSearch?term=ab")).Status.ShouldBe(HttpStatusCode.OK);
        (await pipedrive.GetAsync("/api/v2/itemSearch?term=ab")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await pipedrive.GetAsync("/v1/users/me")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Every_request_has_its_cost_and_the_day_has_a_budget()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        (pipedrive.Simulator.Limits.Enabled, pipedrive.Simulator.Limits.DailyTokens) = (true, 37);
        var id = (await pipedrive.PostAsync("/api/v2/persons", new { name = "Ada" })).Data!["id"];
        await pipedrive.GetAsync($"/api/v2/persons/{id}");
        await pipedrive.GetAsync("/api/v2/persons");
        await pipedrive.GetAsync("/v1/users");
        pipedrive.Account.TokensUsedToday.ShouldBe(5 + 1 + 10 + 20);
        var refused = await pipedrive.GetAsync("/v1/users/me");
        (refused.Status, refused.Header("x-ratelimit-remaining")).ShouldBe((HttpStatusCode.TooManyRequests, "16"));
        pipedrive.Clock.Advance(TimeSpan.FromHours(15));
        (await pipedrive.GetAsync("/v1/users/me")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Whoever_goes_on_calling_is_turned_away_with_a_page()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        (pipedrive.Simulator.Limits.Enabled, pipedrive.Simulator.Limits.ApiTokenPerTwoSeconds, pipedrive.Simulator.Faults.BlockAfterThrottled) = (true, 1, 2);
        HttpStatusCode[] statuses = [.. await CallsAsync(pipedrive, 4)];
        statuses.ShouldBe([HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests, HttpStatusCode.Forbidden]);
        (await pipedrive.GetAsync("/v1/users/me")).MediaType.ShouldBe("text/html");
    }

    [Fact]
    public async Task Faults_meet_the_requests_that_they_are_meant_for()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        pipedrive.Simulator.Faults.FailNext("/api/v2/persons", new() { Status = 503, Method = "POST" });
        (await pipedrive.GetAsync("/api/v2/persons")).Status.ShouldBe(HttpStatusCode.OK);
        (await pipedrive.PostAsync("/api/v2/persons", new { name = "Ada" })).Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        pipedrive.Account.Records("persons").ShouldBeEmpty();
        pipedrive.Simulator.Faults.FailNext("/api/v2/persons", new() { DropConnection = true, AfterWork = true });
        await Should.ThrowAsync<HttpRequestException>(() => pipedrive.PostAsync("/api/v2/persons", new { name = "Ada" }));
        pipedrive.Account.Records("persons").Count.ShouldBe(1);
        pipedrive.Simulator.Ledger.CountsByRoute().ShouldBe(new Dictionary<string, int> { ["GET /api/v2/persons"] = 1, ["POST /api/v2/persons"] = 2 });
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        await using var pipedrive = await PipedriveFixture.StartAsync();
        (await pipedrive.GetAsync("/api/v2/nothing")).Status.ShouldBe(HttpStatusCode.NotFound);
        // Gone with the old version.
        (await pipedrive.GetAsync("/v1/persons")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await pipedrive.GetAsync("/api/v2/persons/99")).Error.ShouldBe("Person not found");
    }

    [Fact]
    public async Task Two_runs_of_one_seed_make_the_same_data()
    {
        await using var first = await PipedriveFixture.StartAsync();
        await using var second = await PipedriveFixture.StartAsync();
        foreach (var account in new[] { first.Account, second.Account })
            PipedriveDemoData.Fill(account, seed: 4, persons: 20, organizations: 5, deals: 5, activities: 5);
        foreach (var plural in new[] { "persons", "organizations", "deals", "activities" })
            second.Account.Records(plural).Select(record => record.ToJsonString()).ShouldBe(first.Account.Records(plural).Select(record => record.ToJsonString()));
    }

    private static async Task<List<HttpStatusCode>> CallsAsync(PipedriveFixture pipedrive, int times)
    {
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < times; i++)
            statuses.Add((await pipedrive.GetAsync("/v1/users/me")).Status);
        return statuses;
    }
}
