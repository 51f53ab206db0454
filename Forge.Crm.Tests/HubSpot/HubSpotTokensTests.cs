using System.Net;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.HubSpot.StubHubSpot;

namespace Forge.Crm.Tests.HubSpot;

public sealed class HubSpotTokensTests
{
    private const string Secret = """{"refreshToken":"refresh-1"}""";
    private const string Details = """{"portalId":1}""";
    private int _refreshed;

    [Fact]
    public async Task A_refresh_token_is_exchanged_for_the_token_of_the_calls()
    {
        using var hubSpot = OAuth();
        await Describe(hubSpot);
        hubSpot.Requests.Select(request => (request.Method, request.Path, request.Authorization)).ShouldBe(
            [("POST", "/oauth/v3/token", null), ("GET", "/account-info/v3/details", "Bearer access-1")]);
        hubSpot.Requests[0].Body.ShouldBe("grant_type=refresh_token&client_id=client-1&client_secret=the-client-secret-of-the-app&refresh_token=refresh-1");
    }

    [Fact]
    public async Task A_token_is_used_until_a_minute_before_it_expires()
    {
        using var hubSpot = OAuth();
        await Describe(hubSpot);
        hubSpot.Time.Advance(TimeSpan.FromSeconds(1_739));
        await Describe(hubSpot);
        _refreshed.ShouldBe(1);
        hubSpot.Time.Advance(TimeSpan.FromSeconds(1));
        await Describe(hubSpot);
        _refreshed.ShouldBe(2);
        hubSpot.Requests[^1].Authorization.ShouldBe("Bearer access-2");
    }

    [Fact]
    public async Task Many_calls_at_once_refresh_once()
    {
        using var hubSpot = OAuth();
        await hubSpot.RunAsync(Task.WhenAll(Enumerable.Range(0, 15).Select(_ => hubSpot.Open(Secret).DescribeAsync(CancellationToken.None))));
        _refreshed.ShouldBe(1);
    }

    [Fact]
    public async Task Two_tenants_do_not_share_a_token()
    {
        using var hubSpot = OAuth();
        await Describe(hubSpot);
        await hubSpot.RunAsync(hubSpot.Open(Secret, tenant: new TenantId(Guid.NewGuid())).DescribeAsync(CancellationToken.None));
        _refreshed.ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"status":"BAD_REFRESH_TOKEN","message":"missing or invalid refresh token refresh-1"}""")]
    [InlineData("""{"error":"invalid_grant","error_description":"missing or invalid refresh token refresh-1"}""")]
    public async Task A_refused_refresh_token_means_that_the_tenant_has_to_connect_again(string body)
    {
        using var hubSpot = new StubHubSpot(_ => Json(body, HttpStatusCode.BadRequest), ("OAuthClientId", "client-1"), ("ClientSecret", "the-client-secret-of-the-app"));
        var error = await Should.ThrowAsync<CrmCallException>(() => Describe(hubSpot));
        error.IsUnauthorized.ShouldBeTrue();
        error.IsTransient.ShouldBeFalse();
        error.ToString().ShouldNotContain("refresh-1");
        hubSpot.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_wrong_client_secret_is_no_fault_of_the_tenant()
    {
        using var hubSpot = new StubHubSpot(
            _ => Json("""{"status":"BAD_CLIENT_SECRET"}""", HttpStatusCode.BadRequest), ("OAuthClientId", "client-1"), ("ClientSecret", "the-client-secret-of-the-app"));
        (await Should.ThrowAsync<CrmCallException>(() => Describe(hubSpot))).IsUnauthorized.ShouldBeFalse();
    }

    [Fact]
    public async Task A_token_that_is_refused_before_its_time_is_replaced_once()
    {
        using var hubSpot = OAuth(refused: "Bearer access-1");
        await Describe(hubSpot);
        hubSpot.Requests.Select(request => request.Authorization).ShouldBe([null, "Bearer access-1", null, "Bearer access-2"]);
    }

    [Fact]
    public async Task An_account_that_refuses_every_token_is_left_after_two()
    {
        using var hubSpot = OAuth(refused: "Bearer access");
        (await Should.ThrowAsync<CrmCallException>(() => Describe(hubSpot))).IsUnauthorized.ShouldBeTrue();
        _refreshed.ShouldBe(2);
    }

    [Fact]
    public async Task A_private_apps_token_is_not_replaced()
    {
        using var hubSpot = OAuth(refused: "Bearer pat");
        var error = await Should.ThrowAsync<CrmCallException>(() => hubSpot.RunAsync(hubSpot.Open().DescribeAsync(CancellationToken.None)));
        error.IsUnauthorized.ShouldBeTrue();
        hubSpot.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("pat-eu1-4711")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"accessToken":""}""")]
    [InlineData("""{"accessToken":"pat-4711","refreshToken":"4711"}""")]
    public void A_secret_of_another_form_is_refused_without_being_quoted(string secret)
    {
        using var hubSpot = OAuth();
        Should.Throw<FormatException>(() => hubSpot.Open(secret)).ToString().ShouldNotContain("4711");
    }

    private static Task<RemoteAccount> Describe(StubHubSpot hubSpot) =>
        hubSpot.RunAsync(hubSpot.Open(Secret).DescribeAsync(CancellationToken.None));

    private StubHubSpot OAuth(string refused = "none") => new(
        request => request.Path == "/oauth/v3/token"
            ? Json($$"""{"token_type":"bearer","access_token":"access-{{Interlocked.Increment(ref _refreshed)}}","refresh_token":"refresh-1","expires_in":1800,"hub_id":1}""")
            : request.Authorization!.StartsWith(refused, StringComparison.Ordinal)
                ? Json("""{"status":"error","category":"INVALID_AUTHENTICATION"}""", HttpStatusCode.Unauthorized)
                : Json(Details),
        ("OAuthClientId", "client-1"), ("ClientSecret", "the-client-secret-of-the-app"));
}
