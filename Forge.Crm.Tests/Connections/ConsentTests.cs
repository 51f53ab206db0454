using System.Text.Json;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Functions;
using Microsoft.AspNetCore.WebUtilities;

namespace Forge.Crm.Tests.Connections;

public sealed class ConsentTests(ConnectionFixture fixture) : IClassFixture<ConnectionFixture>
{
    [Theory]
    [InlineData(Platform.HubSpot, "https://app.hubspot.com/oauth/authorize")]
    [InlineData(Platform.Pipedrive, "/oauth/authorize")]
    public async Task A_person_who_consents_connects_the_account_and_is_named_in_history(Platform platform, string address)
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, _) = fixture.NewAccount(platform);
        var (url, state) = await StartAsync(tenant, platform);
        url.GetLeftPart(UriPartial.Path).ShouldEndWith(address);
        var query = QueryHelpers.ParseQuery(url.Query);
        query["redirect_uri"].ToString().ShouldBe(Redirect(platform).OriginalString);
        query["client_id"].ToString().ShouldBe("forge-simulator-client");
        if (platform == Platform.HubSpot)
            (query["scope"].ToString().Split(' ').Contains("crm.objects.deals.write"), query["optional_scope"].ToString()).ShouldBe((true, "crm.objects.leads.read crm.objects.leads.write"));

        var code = Code(platform, account);
        var (status, page, headers) = await ReturnAsync(platform, state, code);

        status.ShouldBe(200);
        page.ShouldContain($"POST {FunctionsServer.PublicBaseUrl}/api/v1/connections/{platform.ToName()}/oauth/finish");
        page.ShouldContain(state);
        page.ShouldContain(code);
        (headers["Cache-Control"], headers["Referrer-Policy"]).ShouldBe(("no-store", "no-referrer"));
        headers["Content-Security-Policy"].ShouldContain("default-src 'none'");
        (await fixture.SecretRefAsync(tenant, platform)).ShouldBeNull();

        var (finished, body) = await FinishAsync(tenant, platform, state, code);

        finished.ShouldBe(200);
        body.ShouldBe($$"""{"connection":{{(await fixture.ShownAsync(tenant, platform)).GetRawText()}}}""");
        (await fixture.ShownAsync(tenant, platform)).GetProperty("account").GetString().ShouldBe($"{account}");
        (await fixture.SendAsync(tenant, "POST", $"connections/{platform.ToName()}/test")).Body.ShouldContain("\"works\":true");
        (await fixture.Hub.RowsAsync($"select distinct actor from crm_audit_log where tenant_id = '{tenant}' and kind = 'connection'")).ShouldBe([ConnectionFixture.Person]);
        var secret = await fixture.Secrets.GetAsync((await fixture.SecretRefAsync(tenant, platform))!, CancellationToken.None);
        JsonDocument.Parse(secret!).RootElement.GetProperty("refreshToken").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Who_was_led_to_consent_by_another_or_opens_anothers_link_connects_nothing()
    {
        var (tenant, other) = (await fixture.Hub.AddTenantAsync(), await fixture.Hub.AddTenantAsync());
        var (account, _) = fixture.NewAccount(Platform.HubSpot);
        var (_, state) = await StartAsync(tenant, Platform.HubSpot);
        var code = Code(Platform.HubSpot, account);
        (await ReturnAsync(Platform.HubSpot, state, code)).Status.ShouldBe(200);

        // A browser alone, somebody of another tenant, and a member of this one change nothing: not even the state is used up.
        using var nobody = ApiTokenTests.Request(HttpMethod.Post, "/api/v1/connections/hubspot/oauth/finish", null, Body(state, code));
        using var unauthorized = await fixture.Server.Client.SendAsync(nobody);
        ((int)unauthorized.StatusCode).ShouldBe(401);
        (await FinishAsync(other, Platform.HubSpot, state, code)).Status.ShouldBe(400);
        (await fixture.SendAsync(tenant, "POST", "connections/hubspot/oauth/finish", Body(state, code), "member")).Status.ShouldBe(403);
        (await fixture.Hub.ScalarAsync<long>($"select count(*) from crm_leases where tenant_id = '{tenant}' and name like 'consent:%'")).ShouldBe(1);

        // Another administrator of the same tenant did not begin it; what was shown is then used up, for who began as well.
        (await FinishAsync(tenant, Platform.HubSpot, state, code, "5f0c1f3e-0000-4000-8000-000000000002")).Status.ShouldBe(400);
        (await FinishAsync(tenant, Platform.HubSpot, state, code)).Status.ShouldBe(400);
        foreach (var one in new[] { tenant, other })
            (await fixture.SecretRefAsync(one, Platform.HubSpot)).ShouldBeNull();
    }

    [Fact]
    public async Task A_state_counts_once()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, _) = fixture.NewAccount(Platform.HubSpot);
        var (_, state) = await StartAsync(tenant, Platform.HubSpot);
        (await FinishAsync(tenant, Platform.HubSpot, state, Code(Platform.HubSpot, account))).Status.ShouldBe(200);
        var before = await fixture.SecretRefAsync(tenant, Platform.HubSpot);

        var (status, body) = await FinishAsync(tenant, Platform.HubSpot, state, Code(Platform.HubSpot, account));

        status.ShouldBe(400);
        body.ShouldContain("used before");
        (await fixture.SecretRefAsync(tenant, Platform.HubSpot)).ShouldBe(before);
    }

    [Fact]
    public async Task Of_many_who_finish_at_once_one_connects()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, _) = fixture.NewAccount(Platform.HubSpot);
        var (_, state) = await StartAsync(tenant, Platform.HubSpot);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => FinishAsync(tenant, Platform.HubSpot, state, Code(Platform.HubSpot, account))));
        answers.Select(answer => answer.Status).Order().ShouldBe([200, .. Enumerable.Repeat(400, 7)]);
    }

    [Fact]
    public async Task A_state_that_is_forged_old_or_of_another_platform_connects_nothing()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, _) = fixture.NewAccount(Platform.HubSpot);
        var (_, good) = await StartAsync(tenant, Platform.HubSpot);
        foreach (var state in new[] { "", "x", good + "A", good[..^1], new('A', good.Length), good.ToUpperInvariant() })
            (await FinishAsync(tenant, Platform.HubSpot, state, Code(Platform.HubSpot, account))).Status.ShouldBe(400, state);

        var (_, elsewhere) = await StartAsync(tenant, Platform.Pipedrive);
        (await FinishAsync(tenant, Platform.HubSpot, elsewhere, Code(Platform.HubSpot, account))).Status.ShouldBe(400);
        await fixture.Hub.ExecuteAsync($"update crm_leases set expires_at = now() - interval '1 second' where tenant_id = '{tenant}'");
        (await FinishAsync(tenant, Platform.HubSpot, good, Code(Platform.HubSpot, account))).Status.ShouldBe(400);
        (await fixture.SecretRefAsync(tenant, Platform.HubSpot)).ShouldBeNull();
    }

    [Fact]
    public async Task The_database_holds_nothing_that_could_finish_a_consent()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, _) = fixture.NewAccount(Platform.HubSpot);
        var (_, state) = await StartAsync(tenant, Platform.HubSpot);
        var code = Code(Platform.HubSpot, account);
        await ReturnAsync(Platform.HubSpot, state, code);
        var row = (await fixture.Hub.RowsAsync($"select name, holder from crm_leases where tenant_id = '{tenant}'")).ShouldHaveSingleItem();
        foreach (var secret in new[] { state, Convert.ToHexStringLower(WebEncoders.Base64UrlDecode(state)), code })
            row.ShouldNotContain(secret);
        row.ShouldEndWith($"|{ConnectionFixture.Person}");
    }

    [Fact]
    public async Task Who_declines_or_brings_a_code_that_is_no_good_is_told_so_and_begins_again()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (_, declined) = await StartAsync(tenant, Platform.HubSpot);
        (await ReturnAsync(Platform.HubSpot, declined, null)).Page.ShouldContain("you did not consent");
        var (_, refused) = await StartAsync(tenant, Platform.HubSpot);
        var answer = await FinishAsync(tenant, Platform.HubSpot, refused, "no-such-code-canary");
        answer.Status.ShouldBe(409);
        answer.Body.ShouldNotContain("canary");
        (await FinishAsync(tenant, Platform.HubSpot, refused, "no-such-code-canary")).Status.ShouldBe(400);
        foreach (var body in new[] { "{}", """{"state":"x"}""", """{"code":"x"}""", """{"state":"x","code":"y","tenant_id":"z"}""" })
            (await fixture.SendAsync(tenant, "POST", "connections/hubspot/oauth/finish", body)).Body.ShouldContain("names state and code");
        (await fixture.SecretRefAsync(tenant, Platform.HubSpot)).ShouldBeNull();
    }

    [Fact]
    public async Task An_account_of_the_platform_that_is_another_one_than_before_is_refused()
    {
        var (tenant, account, _) = await fixture.ConnectedAsync(Platform.HubSpot);
        var (other, _) = fixture.NewAccount(Platform.HubSpot);
        var (_, state) = await StartAsync(tenant, Platform.HubSpot);
        (await FinishAsync(tenant, Platform.HubSpot, state, Code(Platform.HubSpot, other))).Status.ShouldBe(409);
        (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("account").GetString().ShouldBe($"{account}");
    }

    [Theory]
    [InlineData("<b>x</b>", "code")]
    [InlineData("state", "Call us at +49 30 1234")]
    public async Task Nothing_of_a_strangers_becomes_a_part_of_our_page(string state, string code)
    {
        var (_, page, _) = await ReturnAsync(Platform.HubSpot, state, code);
        page.ShouldNotContain("<b>");
        page.ShouldNotContain("Call us");
    }

    [Fact]
    public async Task No_request_says_where_a_person_goes_on()
    {
        const string evil = "https%3A%2F%2Fevil.example%2F";
        await using var server = await fixture.StartServerAsync(("Forge:ConsentReturnUrl", ConnectionFixture.ReturnUrl));
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, _) = fixture.NewAccount(Platform.HubSpot);
        var started = await ConnectionFixture.SendAsync(server, tenant, "POST", $"connections/hubspot/oauth/start?redirect_uri={evil}&return_to={evil}", """{"redirect_uri":"https://evil.example/"}""");
        started.Body.ShouldNotContain("evil");
        var state = StateOf(new(JsonDocument.Parse(started.Body).RootElement.GetProperty("authorize_url").GetString()!));
        var code = Code(Platform.HubSpot, account);

        using var request = new HttpRequestMessage(HttpMethod.Get, $"{CallbackOf(Platform.HubSpot, state, code)}&redirect_uri={evil}&return_to={evil}&next={evil}");
        request.Headers.Host = "evil.example";
        request.Headers.Referrer = new("https://evil.example/");
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        using var response = await NoRedirects(server).SendAsync(request, CancellationToken.None);

        ((int)response.StatusCode, response.Headers.Location?.OriginalString).ShouldBe((303, $"{ConnectionFixture.ReturnUrl}&platform=hubspot&result=consented#state={state}&code={Uri.EscapeDataString(code)}"));
    }

    [Fact]
    public async Task Disconnecting_removes_the_tokens_of_a_consent_too()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, _) = fixture.NewAccount(Platform.HubSpot);
        var (_, state) = await StartAsync(tenant, Platform.HubSpot);
        (await FinishAsync(tenant, Platform.HubSpot, state, Code(Platform.HubSpot, account))).Status.ShouldBe(200);
        var refreshToken = fixture.HubSpot.Account(account).RefreshToken;
        var name = new Adapters.OAuth.OAuthGrant(tenant, Platform.HubSpot, refreshToken).SecretName;
        (await fixture.Secrets.GetAsync(name, CancellationToken.None))!.ShouldContain(refreshToken);

        (await fixture.SendAsync(tenant, "DELETE", "connections/hubspot")).Status.ShouldBe(200);

        (await fixture.Secrets.GetAsync(name, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_platform_without_an_app_of_ours_is_not_there()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        foreach (var platform in new[] { "supabase", "salesforce" })
            (await fixture.SendAsync(tenant, "POST", $"connections/{platform}/oauth/start")).Status.ShouldBe(404);
        await using var server = await FunctionsServer.StartAsync(fixture.Hub);
        (await ConnectionFixture.SendAsync(server, tenant, "POST", "connections/hubspot/oauth/start")).Status.ShouldBe(404);
        (await fixture.Hub.ScalarAsync<long>($"select count(*) from crm_leases where tenant_id = '{tenant}'")).ShouldBe(0);
    }

    private async Task<(Uri Url, string State)> StartAsync(TenantId tenant, Platform platform)
    {
        var (status, body) = await fixture.SendAsync(tenant, "POST", $"connections/{platform.ToName()}/oauth/start");
        status.ShouldBe(200);
        var url = new Uri(JsonDocument.Parse(body).RootElement.GetProperty("authorize_url").GetString()!);
        return (url, StateOf(url));
    }

    private string Code(Platform platform, long account) => platform == Platform.HubSpot
        ? fixture.HubSpot.Consent(fixture.HubSpot.Account(account), Redirect(platform))
        : fixture.Pipedrive.Consent(fixture.Pipedrive.Account(account), Redirect(platform));

    private async Task<(int Status, string Page, Dictionary<string, string> Headers)> ReturnAsync(Platform platform, string state, string? code)
    {
        using var response = await fixture.Server.Client.GetAsync(new Uri(CallbackOf(platform, state, code), UriKind.Relative));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.ToDictionary(header => header.Key, header => header.Value.First()));
    }

    private Task<(int Status, string Body)> FinishAsync(TenantId tenant, Platform platform, string state, string code, string person = ConnectionFixture.Person) =>
        fixture.SendAsync(tenant, "POST", $"connections/{platform.ToName()}/oauth/finish", Body(state, code), person: person);

    private static string Body(string state, string code) => JsonSerializer.Serialize(new { state, code });

    private static string CallbackOf(Platform platform, string state, string? code) =>
        QueryHelpers.AddQueryString(
            $"/api/v1/oauth/callback/{platform.ToName()}",
            code is null ? new Dictionary<string, string?> { ["state"] = state, ["error"] = "access_denied" } : new() { ["state"] = state, ["code"] = code });

    private static HttpMessageInvoker NoRedirects(FunctionsServer server) => new(new AtServer(server.Client.BaseAddress!));

    private static Uri Redirect(Platform platform) => new($"{FunctionsServer.PublicBaseUrl}/api/v1/oauth/callback/{platform.ToName()}");

    private static string StateOf(Uri url) => QueryHelpers.ParseQuery(url.Query)["state"].ToString();

    private sealed class AtServer(Uri address) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new(address, request.RequestUri!.OriginalString);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
