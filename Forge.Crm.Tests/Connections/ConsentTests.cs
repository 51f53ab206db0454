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

        var (status, page, headers) = await ReturnAsync(platform, state, Code(platform, account));

        status.ShouldBe(200);
        page.ShouldContain($"{platform} account {account} is now connected with Test.");
        (headers["Cache-Control"], headers["Referrer-Policy"]).ShouldBe(("no-store", "no-referrer"));
        headers["Content-Security-Policy"].ShouldContain("default-src 'none'");
        (await fixture.ShownAsync(tenant, platform)).GetProperty("account").GetString().ShouldBe($"{account}");
        (await fixture.SendAsync(tenant, "POST", $"connections/{platform.ToName()}/test")).Body.ShouldContain("\"works\":true");
        (await fixture.Hub.RowsAsync($"select distinct actor from crm_audit_log where tenant_id = '{tenant}' and kind = 'connection'")).ShouldBe([ConnectionFixture.Person]);
        var secret = await fixture.Secrets.GetAsync((await fixture.SecretRefAsync(tenant, platform))!, CancellationToken.None);
        JsonDocument.Parse(secret!).RootElement.GetProperty("refreshToken").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_state_counts_once()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, _) = fixture.NewAccount(Platform.HubSpot);
        var (_, state) = await StartAsync(tenant, Platform.HubSpot);
        (await ReturnAsync(Platform.HubSpot, state, Code(Platform.HubSpot, account))).Status.ShouldBe(200);
        var before = await fixture.SecretRefAsync(tenant, Platform.HubSpot);

        var (status, page, _) = await ReturnAsync(Platform.HubSpot, state, Code(Platform.HubSpot, account));

        status.ShouldBe(400);
        page.ShouldContain("used before");
        (await fixture.SecretRefAsync(tenant, Platform.HubSpot)).ShouldBe(before);
    }

    [Fact]
    public async Task Of_many_returns_at_once_one_connects()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, _) = fixture.NewAccount(Platform.HubSpot);
        var (_, state) = await StartAsync(tenant, Platform.HubSpot);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ReturnAsync(Platform.HubSpot, state, Code(Platform.HubSpot, account))));
        answers.Select(answer => answer.Status).Order().ShouldBe([200, .. Enumerable.Repeat(400, 7)]);
    }

    [Fact]
    public async Task A_state_that_is_forged_old_or_of_another_platform_connects_nothing()
    {
        var (tenant, other) = (await fixture.Hub.AddTenantAsync(), await fixture.Hub.AddTenantAsync());
        var (account, _) = fixture.NewAccount(Platform.HubSpot);
        var (_, good) = await StartAsync(tenant, Platform.HubSpot);
        var bytes = WebEncoders.Base64UrlDecode(good);
        string[] bad =
        [
            "", "x", good + "A", good[..^1], new('A', good.Length),
            WebEncoders.Base64UrlEncode([.. other.Value.ToByteArray(bigEndian: true), .. bytes[16..]]),
            WebEncoders.Base64UrlEncode([.. bytes[..^1], (byte)(bytes[^1] ^ 1)]),
        ];
        foreach (var state in bad)
            (await ReturnAsync(Platform.HubSpot, state, Code(Platform.HubSpot, account))).Status.ShouldBe(400, state);

        // The last of them was right but for one bit of its secret, and used the state up.
        (await ReturnAsync(Platform.HubSpot, good, Code(Platform.HubSpot, account))).Status.ShouldBe(400);
        var (_, elsewhere) = await StartAsync(tenant, Platform.Pipedrive);
        (await ReturnAsync(Platform.HubSpot, elsewhere, Code(Platform.HubSpot, account))).Status.ShouldBe(400);
        var (_, old) = await StartAsync(tenant, Platform.HubSpot);
        await fixture.Hub.ExecuteAsync($"update crm_leases set expires_at = now() - interval '1 second' where tenant_id = '{tenant}'");
        (await ReturnAsync(Platform.HubSpot, old, Code(Platform.HubSpot, account))).Status.ShouldBe(400);
        foreach (var one in new[] { tenant, other })
            (await fixture.SecretRefAsync(one, Platform.HubSpot)).ShouldBeNull();
    }

    [Fact]
    public async Task The_database_holds_nothing_that_could_finish_a_consent()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (_, state) = await StartAsync(tenant, Platform.HubSpot);
        var secret = WebEncoders.Base64UrlDecode(state)[32..];
        var row = (await fixture.Hub.RowsAsync($"select name, holder from crm_leases where tenant_id = '{tenant}'")).ShouldHaveSingleItem();
        row.ShouldNotContain(state);
        row.ShouldNotContain(Convert.ToHexStringLower(secret));
        row.ShouldEndWith($" {ConnectionFixture.Person}");
    }

    [Fact]
    public async Task Who_declines_or_brings_a_code_that_is_no_good_is_told_so_and_begins_again()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (_, declined) = await StartAsync(tenant, Platform.HubSpot);
        (await ReturnAsync(Platform.HubSpot, declined, null)).Page.ShouldContain("you did not consent");
        (await ReturnAsync(Platform.HubSpot, declined, null)).Status.ShouldBe(400);
        var (_, refused) = await StartAsync(tenant, Platform.HubSpot);
        var answer = await ReturnAsync(Platform.HubSpot, refused, "no-such-code-canary");
        answer.Status.ShouldBe(409);
        answer.Page.ShouldNotContain("canary");
        (await fixture.SecretRefAsync(tenant, Platform.HubSpot)).ShouldBeNull();
    }

    [Fact]
    public async Task An_account_of_the_platform_that_is_another_one_than_before_is_refused()
    {
        var (tenant, account, _) = await fixture.ConnectedAsync(Platform.HubSpot);
        var (other, _) = fixture.NewAccount(Platform.HubSpot);
        var (_, state) = await StartAsync(tenant, Platform.HubSpot);
        (await ReturnAsync(Platform.HubSpot, state, Code(Platform.HubSpot, other))).Status.ShouldBe(409);
        (await fixture.ShownAsync(tenant, Platform.HubSpot)).GetProperty("account").GetString().ShouldBe($"{account}");
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

        using var request = new HttpRequestMessage(HttpMethod.Get, $"{CallbackOf(Platform.HubSpot, state, Code(Platform.HubSpot, account))}&redirect_uri={evil}&return_to={evil}&next={evil}");
        request.Headers.Host = "evil.example";
        request.Headers.Referrer = new("https://evil.example/");
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        using var response = await NoRedirects(server).SendAsync(request, CancellationToken.None);

        ((int)response.StatusCode, response.Headers.Location?.OriginalString).ShouldBe((303, ConnectionFixture.ReturnUrl + "&platform=hubspot&result=connected"));
    }

    [Fact]
    public async Task Disconnecting_removes_the_tokens_of_a_consent_too()
    {
        var tenant = await fixture.Hub.AddTenantAsync();
        var (account, _) = fixture.NewAccount(Platform.HubSpot);
        var (_, state) = await StartAsync(tenant, Platform.HubSpot);
        await ReturnAsync(Platform.HubSpot, state, Code(Platform.HubSpot, account));
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
