using System.Net;
using System.Text;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using static Forge.Crm.Tests.Pipedrive.StubPipedrive;

namespace Forge.Crm.Tests.Pipedrive;

public sealed class PipedriveCallTests
{
    private const string Nothing = """{"success":true,"data":[],"additional_data":{"next_cursor":null}}""";
    private const string Me = """{"success":true,"data":{"id":9001,"company_id":8000001,"timezone_name":"Europe/Tallinn","default_currency":"EUR"}}""";

    [Fact]
    public async Task An_API_token_opens_every_account_at_one_address()
    {
        using var pipedrive = new StubPipedrive(_ => Json(Nothing));
        await pipedrive.Open().ListAsync(RemoteKind.Company, "abc", archived: false, CancellationToken.None);
        var call = pipedrive.Calls.ShouldHaveSingleItem();
        (call.Host, call.Token, call.Authorization).ShouldBe(("https://api.pipedrive.com", "token-1", null));
        call.Path.ShouldBe("/api/v2/organizations?limit=500&cursor=abc&sort_by=id&sort_direction=asc&include_fields=website,annual_revenue,employee_count");
    }

    [Fact]
    public async Task An_account_may_have_a_host_of_its_own()
    {
        using var pipedrive = new StubPipedrive(_ => Json(Me));
        await pipedrive.Open("""{"apiToken":"token-1","apiDomain":"https://acme.pipedrive.com"}""").DescribeAsync(CancellationToken.None);
        (pipedrive.Calls[0].Host, pipedrive.Calls[0].Path).ShouldBe(("https://acme.pipedrive.com", "/v1/users/me"));
    }

    [Fact]
    public async Task OAuth_refreshes_with_basic_authentication_and_calls_the_host_that_it_is_told()
    {
        using var pipedrive = new StubPipedrive(
            call => Json(call.Path == "/oauth/token" ? """{"access_token":"a-1","token_type":"Bearer","expires_in":3600,"api_domain":"https://acme.pipedrive.com"}""" : Me),
            ("OAuthClientId", "id"), ("OAuthClientSecret", "secret"));
        var account = pipedrive.Open("""{"refreshToken":"r-1"}""");
        await pipedrive.RunAsync(account.DescribeAsync(CancellationToken.None));
        await pipedrive.RunAsync(account.DescribeAsync(CancellationToken.None));
        pipedrive.Calls.Select(call => (call.Host, call.Path, call.Authorization)).ShouldBe(
        [
            ("https://oauth.pipedrive.com", "/oauth/token", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("id:secret"))),
            ("https://acme.pipedrive.com", "/v1/users/me", "Bearer a-1"),
            ("https://acme.pipedrive.com", "/v1/users/me", "Bearer a-1"),
        ]);
        pipedrive.Calls[0].Body.ShouldBe("grant_type=refresh_token&refresh_token=r-1");
    }

    [Theory]
    [InlineData("https://acme.pipedrive.com.evil.test")]
    [InlineData("https://evil.test/acme.pipedrive.com")]
    [InlineData("https://acme.pipedrive.com@evil.test")]
    [InlineData("https://acme.pipedrive.com:8443")]
    [InlineData("https://acme.pipedrive.com/x")]
    [InlineData("https://acme.pipedrive.com?x=1")]
    [InlineData("https://a.b.pipedrive.com")]
    [InlineData("https://xpipedrive.com")]
    [InlineData("http://acme.pipedrive.com")]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://localhost:80")]
    [InlineData("https://169.254.169.254")]
    [InlineData("https://2130706433")]
    [InlineData("https://①②⑦.0.0.1")]
    [InlineData("https://[::ffff:169.254.169.254]")]
    [InlineData("file:///etc/passwd")]
    public async Task An_accounts_host_is_one_of_Pipedrives_or_nothing_is_sent(string host)
    {
        using var pipedrive = new StubPipedrive(_ => Json(Me));
        var account = pipedrive.Open($$"""{"apiToken":"token-1","apiDomain":"{{host}}"}""");
        await Should.ThrowAsync<FormatException>(() => account.DescribeAsync(CancellationToken.None));
        pipedrive.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("https://acme.pipedrive.com.evil.test")]
    [InlineData("https://acme.pipedrive.com@evil.test")]
    [InlineData("https://acme.pipedrive.com:8443")]
    [InlineData("http://acme.pipedrive.com")]
    [InlineData("http://10.0.0.1")]
    [InlineData("https://127.0.0.1")]
    public void A_configured_address_elsewhere_stops_the_host(string address)
    {
        Should.Throw<OptionsValidationException>(() => Validated(("BaseAddress", address)));
        Should.Throw<OptionsValidationException>(() => Validated(("OAuthAddress", address)));
    }

    [Theory]
    [InlineData("https://acme.pipedrive.com")]
    [InlineData("http://127.0.0.1:8123/")]
    public void The_configured_address_is_one_of_Pipedrives_or_a_stand_in_on_this_machine(string address) =>
        Validated(("BaseAddress", address)).BaseAddress.ShouldBe(new Uri(address));

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("secret-token")]
    [InlineData("""{"apiToken":"secret-token","refreshToken":"r"}""")]
    [InlineData("""{"accessToken":"secret-token"}""")]
    public void A_secret_of_another_form_is_refused_without_quoting_it(string secret)
    {
        using var pipedrive = new StubPipedrive(_ => Json(Me));
        Should.Throw<FormatException>(() => pipedrive.Open(secret)).Message.ShouldNotContain("secret-token");
    }

    [Fact]
    public async Task A_call_that_is_throttled_waits_as_long_as_the_window_lasts_and_is_made_again()
    {
        var throttled = 0;
        using var pipedrive = new StubPipedrive(_ => throttled++ == 0
            ? Json("""{"success":false,"error":"You have exceeded your API rate limit"}""", HttpStatusCode.TooManyRequests,
                ("x-ratelimit-limit", "20"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2"))
            : Json(Me));
        var started = pipedrive.Time.GetUtcNow();
        (await pipedrive.RunAsync(pipedrive.Open().DescribeAsync(CancellationToken.None))).Id.ShouldBe("8000001");
        (pipedrive.Time.GetUtcNow() - started).ShouldBeInRange(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, false)]
    [InlineData(HttpStatusCode.PaymentRequired, false)]
    [InlineData(HttpStatusCode.Forbidden, false)]
    [InlineData(HttpStatusCode.ServiceUnavailable, true)]
    public async Task An_error_says_its_code_and_never_its_text(HttpStatusCode status, bool isTransient)
    {
        using var pipedrive = new StubPipedrive(_ => Json("""{"success":false,"error":"ada@example.com is not valid","code":"feature_capping_deals_limit"}""", status));
        var e = await Should.ThrowAsync<CrmCallException>(() => pipedrive.RunAsync(pipedrive.Open().DescribeAsync(CancellationToken.None)));
        (e.Status, e.IsTransient).ShouldBe((status, isTransient));
        e.ToString().ShouldContain("feature_capping_deals_limit");
        e.ToString().ShouldNotContain("ada@example.com");
        e.ToString().ShouldNotContain("token-1");
    }

    [Theory]
    [InlineData("""{"success":true}""")]
    [InlineData("""{"success":true,"data":[{"name":"no id","update_time":"2026-01-01T00:00:00Z"}]}""")]
    [InlineData("""{"success":true,"data":[{"id":1}]}""")]
    [InlineData("""{"success":true,"data":{}}""")]
    [InlineData("[]")]
    [InlineData("null")]
    public async Task An_answer_that_lacks_what_it_must_have_is_a_failed_call(string body)
    {
        using var pipedrive = new StubPipedrive(_ => Json(body));
        await Should.ThrowAsync<CrmCallException>(() => pipedrive.RunAsync(pipedrive.Open().ReadAsync(RemoteKind.Contact, ["1"], false, CancellationToken.None)));
    }

    [Theory]
    [InlineData(RemoteKind.Contact)]
    [InlineData(RemoteKind.Note)] // an empty list of version 1 has no data either
    public async Task An_error_with_the_status_of_a_success_is_no_empty_list(RemoteKind kind)
    {
        using var pipedrive = new StubPipedrive(_ => Json("""{"success":false,"error":"ada@example.com is not valid","code":"not_now","data":null}"""));
        var e = await Should.ThrowAsync<CrmCallException>(() => pipedrive.RunAsync(pipedrive.Open().ListAsync(kind, null, archived: false, CancellationToken.None)));
        e.Message.ShouldContain($"an error within: not_now (GET /{(kind == RemoteKind.Note ? "v1/notes" : "api/v2/persons")})");
        e.ToString().ShouldNotContain("ada@example.com");
    }

    [Theory]
    [InlineData("""{"success":true}""", "the answer has no data (persons)")]
    [InlineData("""{"success":true,"data":[{"name":"no id","update_time":"2026-01-01T00:00:00Z"}]}""", "the answer has no record id (persons)")]
    [InlineData("""{"success":true,"data":[{"id":1}]}""", "the answer has no update_time (persons)")]
    [InlineData("""{"success":true,"data":{}}""", "the answer cannot be read at $.data (GET /api/v2/persons)")]
    public async Task An_answer_that_cannot_be_used_names_the_call_and_the_field(string body, string named)
    {
        using var pipedrive = new StubPipedrive(_ => Json(body));
        var e = await Should.ThrowAsync<CrmCallException>(() => pipedrive.RunAsync(pipedrive.Open().ReadAsync(RemoteKind.Contact, ["1"], false, CancellationToken.None)));
        e.Message.ShouldBe($"Pipedrive answered 200: {named}");
    }

    [Fact]
    public async Task Two_hundred_and_one_ids_are_three_calls()
    {
        using var pipedrive = new StubPipedrive(call => Json(
            $$"""{"data":[{{string.Join(',', Ids(call).Select(id => $$"""{"id":{{id}},"update_time":"2026-01-01T00:00:00Z"}"""))}}]}"""));
        await pipedrive.RunAsync(pipedrive.Open().ReadAsync(RemoteKind.Contact, [.. Enumerable.Range(1, 201).Select(i => $"{i}"), "1"], false, CancellationToken.None));
        pipedrive.Calls.Select(call => Ids(call).Length).ShouldBe([100, 100, 1]);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Gone)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task A_record_that_is_not_there_or_not_to_be_seen_is_left_out(HttpStatusCode status)
    {
        using var pipedrive = new StubPipedrive(call => call.Path.Contains("ids=", StringComparison.Ordinal) ? Json(Nothing) : Json("""{"success":false}""", status));
        (await pipedrive.RunAsync(pipedrive.Open().ReadAsync(RemoteKind.Contact, ["1"], false, CancellationToken.None))).ShouldBeEmpty();
        (await pipedrive.RunAsync(pipedrive.Open().ReadAsync(RemoteKind.Lead, ["x"], false, CancellationToken.None))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"pagination":{"start":0,"limit":100,"more_items_in_collection":true,"next_start":100}}""", "leads 100")]
    [InlineData("""{"start":0,"limit":100,"more_items_in_collection":true}""", "leads 100")]
    [InlineData("""{"pagination":{"start":0,"limit":100,"more_items_in_collection":false}}""", "leads/archived 0")]
    [InlineData("null", "leads/archived 0")]
    public async Task A_list_of_version_1_tells_its_next_page_in_either_place(string paging, string after)
    {
        using var pipedrive = new StubPipedrive(_ => Json($$"""{"success":true,"data":null,"additional_data":{{paging}}}"""));
        (await pipedrive.Open().ListAsync(RemoteKind.Lead, null, archived: false, CancellationToken.None)).After.ShouldBe(after);
    }

    [Fact]
    public void Neither_a_credential_nor_an_access_shows_its_secret()
    {
        PipedriveCredential.Parse("""{"apiToken":"token-1"}""").ToString().ShouldNotContain("token-1");
        PipedriveAccess.ByApiToken(new("https://api.pipedrive.com"), "token-1").ToString().ShouldNotContain("token-1");
    }

    private static string[] Ids(StubCall call) => call.Path.Split("ids=")[1].Split('&')[0].Split(',');

    private static PipedriveOptions Validated(params (string, string)[] settings)
    {
        using var pipedrive = new StubPipedrive(_ => Json(Me), settings);
        return pipedrive.Services.GetRequiredService<IOptions<PipedriveOptions>>().Value;
    }
}
