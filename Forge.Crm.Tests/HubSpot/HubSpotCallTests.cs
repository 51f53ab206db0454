using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.DependencyInjection;
using static Forge.Crm.Tests.HubSpot.StubHubSpot;

namespace Forge.Crm.Tests.HubSpot;

/// <summary>What happens between a call and its answer when things go wrong.</summary>
public sealed class HubSpotCallTests
{
    private const string Account = """{"portalId":1}""";

    [Theory]
    [InlineData(408)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(521)]
    [InlineData(524)]
    [InlineData(429)]
    [InlineData(423)]
    public async Task What_may_pass_by_itself_is_tried_again(int status)
    {
        using var hubSpot = Failing(2, () => Json("""{"status":"error","category":"X"}""", (HttpStatusCode)status));
        (await hubSpot.RunAsync(hubSpot.Open().DescribeAsync(CancellationToken.None))).Id.ShouldBe("1");
        hubSpot.Requests.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(400, "VALIDATION_ERROR")]
    [InlineData(401, "EXPIRED_AUTHENTICATION")]
    [InlineData(403, "MISSING_SCOPES")]
    [InlineData(404, "OBJECT_NOT_FOUND")]
    [InlineData(409, "CONFLICT")]
    [InlineData(414, "no JSON")]
    public async Task What_will_be_the_same_again_is_not_tried_again(int status, string category)
    {
        using var hubSpot = Failing(9, () => category == "no JSON"
            ? new((HttpStatusCode)status) { Content = new StringContent("<html>ann@example.com</html>", new MediaTypeHeaderValue("text/html")) }
            : Json($$$"""{"status":"error","message":"Property ann@example.com","category":"{{{category}}}","context":{"ids":["17"]}}""", (HttpStatusCode)status));
        var error = await FailAsync(hubSpot);
        error.Message.ShouldBe($"HubSpot answered {status}: {category} (GET /account-info/v3/details)");
        error.IsTransient.ShouldBeFalse();
        error.IsUnauthorized.ShouldBe(status == 401);
        error.ToString().ShouldNotContain("ann@example.com");
        hubSpot.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task After_three_repetitions_the_failure_is_the_callers()
    {
        using var hubSpot = Failing(9, () => Json("{}", HttpStatusCode.ServiceUnavailable));
        var error = await FailAsync(hubSpot);
        error.IsTransient.ShouldBeTrue();
        hubSpot.Requests.Count.ShouldBe(4);
    }

    [Theory]
    [InlineData("TEN_SECONDLY_ROLLING", 10)]
    [InlineData("SECONDLY", 1)]
    public async Task A_throttled_call_waits_as_the_named_limit_wants(string policy, int seconds)
    {
        using var hubSpot = Failing(1, () => Throttled(policy));
        var started = hubSpot.Time.GetUtcNow();
        await hubSpot.RunAsync(hubSpot.Open().DescribeAsync(CancellationToken.None));
        (hubSpot.Time.GetUtcNow() - started).ShouldBeInRange(TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds((seconds * 1.25) + 3));
    }

    [Fact]
    public async Task A_daily_limit_is_not_sat_out_and_stops_the_other_calls_too()
    {
        using var hubSpot = Failing(9, () => Throttled("DAILY"));
        var error = await FailAsync(hubSpot);
        // Nobody has told yet when the account's day ends.
        (error.RetryAfter, error.DayEnds).ShouldBe((TimeSpan.FromHours(1), hubSpot.Time.GetUtcNow() + TimeSpan.FromHours(1)));
        error.IsTransient.ShouldBeTrue();
        error.Message.ShouldContain("DAILY");
        (await FailAsync(hubSpot)).RetryAfter!.Value.ShouldBeGreaterThan(TimeSpan.FromMinutes(59));
        hubSpot.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_daily_limit_lasts_until_the_accounts_own_midnight()
    {
        var used = false;
        using var hubSpot = new StubHubSpot(_ => used
            ? Throttled("DAILY")
            : Json("""{"portalId":1,"timeZone":"America/New_York","companyCurrency":"EUR"}"""));
        hubSpot.Time.GetUtcNow().ShouldBe(DateTimeOffset.Parse("2026-09-21T14:13:20Z", null));
        await hubSpot.RunAsync(hubSpot.Open().DescribeAsync(CancellationToken.None));
        used = true;
        (await FailAsync(hubSpot)).DayEnds.ShouldBe(DateTimeOffset.Parse("2026-09-22T04:00:00Z", null));
        foreach (var lane in Enum.GetValues<CallLane>())
            (await FailAsync(hubSpot, hubSpot.Open(lane: lane))).DayEnds.ShouldNotBeNull();
        hubSpot.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_backfill_stops_where_the_answers_say_that_the_day_is_nearly_used_up_and_live_calls_do_not()
    {
        using var hubSpot = new StubHubSpot(_ => Json(
            Account, HttpStatusCode.OK, ("X-HubSpot-RateLimit-Daily", "250000"), ("X-HubSpot-RateLimit-Daily-Remaining", "49999")));
        await hubSpot.RunAsync(hubSpot.Open().DescribeAsync(CancellationToken.None));
        (await FailAsync(hubSpot, hubSpot.Open(lane: CallLane.Backfill))).DayEnds.ShouldBe(DateTimeOffset.Parse("2026-09-22T00:00:00Z", null));
        await hubSpot.RunAsync(hubSpot.Open(lane: CallLane.Webhook).DescribeAsync(CancellationToken.None));
        hubSpot.Requests.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(477)]
    [InlineData(503)]
    public async Task A_wait_that_the_platform_asks_for_holds_every_lane_up_and_no_other_tenant(int status)
    {
        using var hubSpot = new StubHubSpot(request => request.Authorization == "Bearer other" ? Json(Account) : Json("{}", (HttpStatusCode)status, ("Retry-After", "3600")));
        await FailAsync(hubSpot);
        foreach (var lane in Enum.GetValues<CallLane>())
            (await FailAsync(hubSpot, hubSpot.Open(lane: lane))).Message.ShouldContain("blocked");
        hubSpot.Requests.Count.ShouldBe(1);
        await hubSpot.RunAsync(hubSpot.Open("""{"accessToken":"other"}""", tenant: new(Guid.NewGuid())).DescribeAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("Mon, 21 Sep 2026 14:13:29 GMT", 9)]
    [InlineData("soon", 1)]
    [InlineData("-5", 1)]
    [InlineData("1e9", 1)]
    public async Task Retry_after_is_obeyed_and_nonsense_in_it_is_not(string header, int seconds)
    {
        using var hubSpot = Failing(1, () => Json("{}", HttpStatusCode.TooManyRequests, ("Retry-After", header)));
        var started = hubSpot.Time.GetUtcNow();
        started.ShouldBe(DateTimeOffset.Parse("2026-09-21T14:13:20Z", null));
        await hubSpot.RunAsync(hubSpot.Open().DescribeAsync(CancellationToken.None));
        (hubSpot.Time.GetUtcNow() - started).ShouldBeInRange(TimeSpan.FromSeconds(seconds - 0.2), TimeSpan.FromSeconds((seconds * 1.25) + 3));
    }

    [Theory]
    [InlineData(477, "86400", 86_400)]
    [InlineData(503, "3600", 3_600)]
    [InlineData(429, "99999999", 86_400)]
    public async Task A_wait_that_is_too_long_to_sit_out_is_told(int status, string header, int seconds)
    {
        using var hubSpot = Failing(9, () => Json("{}", (HttpStatusCode)status, ("Retry-After", header)));
        var error = await FailAsync(hubSpot);
        error.RetryAfter.ShouldBe(TimeSpan.FromSeconds(seconds));
        error.IsTransient.ShouldBeTrue();
        hubSpot.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_lost_connection_is_tried_again_and_told_without_status()
    {
        using var hubSpot = new StubHubSpot(_ => throw new HttpRequestException(HttpRequestError.ConnectionError, "10.0.0.1 refused"));
        var error = await FailAsync(hubSpot);
        error.Status.ShouldBeNull();
        error.IsTransient.ShouldBeTrue();
        error.Message.ShouldBe("HubSpot gave no answer: ConnectionError (GET /account-info/v3/details)");
        hubSpot.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task An_answer_that_never_comes_is_given_up_and_tried_again()
    {
        using var hubSpot = new StubHubSpot(async (_, ct) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            throw new UnreachableException();
        });
        (await FailAsync(hubSpot)).Message.ShouldBe("HubSpot gave no answer: timeout (GET /account-info/v3/details)");
        hubSpot.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Retries_of_many_callers_do_not_come_at_the_same_moment_nor_before_their_time()
    {
        var waits = new List<TimeSpan>();
        for (var caller = 0; caller < 8; caller++)
        {
            var asked = new List<DateTimeOffset>();
            StubHubSpot? stub = null;
            using var hubSpot = stub = new StubHubSpot(_ =>
            {
                asked.Add(stub!.Time.GetUtcNow());
                return asked.Count == 1 ? Json("{}", HttpStatusCode.BadGateway) : Json(Account);
            });
            await hubSpot.RunAsync(hubSpot.Open().DescribeAsync(CancellationToken.None));
            waits.Add(asked[1] - asked[0]);
        }

        waits.ShouldAllBe(wait => wait >= TimeSpan.FromMilliseconds(500) && wait <= TimeSpan.FromMilliseconds(626));
        // Of eight draws out of a million moments no two of a hundred test runs of ours ever agree.
        waits.Distinct().Count().ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task A_caller_who_gives_up_hears_that_he_did()
    {
        using var caller = new CancellationTokenSource();
        using var hubSpot = new StubHubSpot(async (_, ct) =>
        {
            await caller.CancelAsync();
            ct.ThrowIfCancellationRequested();
            throw new UnreachableException();
        });
        await Should.ThrowAsync<OperationCanceledException>(() => hubSpot.Open().DescribeAsync(caller.Token));
        hubSpot.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_account_that_keeps_failing_is_left_alone_and_others_are_not()
    {
        var broken = new TenantId(Guid.NewGuid());
        using var hubSpot = new StubHubSpot(request =>
            request.Authorization == "Bearer broken" ? Json("{}", HttpStatusCode.InternalServerError) : Json(Account));
        for (var i = 0; i < 4; i++)
            await FailAsync(hubSpot, hubSpot.Open("""{"accessToken":"broken"}""", tenant: broken));
        var calls = hubSpot.Requests.Count;
        (await FailAsync(hubSpot, hubSpot.Open("""{"accessToken":"broken"}""", tenant: broken))).Message.ShouldContain("circuit open");
        hubSpot.Requests.Count.ShouldBe(calls);
        (await hubSpot.RunAsync(hubSpot.Open().DescribeAsync(CancellationToken.None))).Id.ShouldBe("1");
        hubSpot.Time.Advance(TimeSpan.FromSeconds(16));
        await FailAsync(hubSpot, hubSpot.Open("""{"accessToken":"broken"}""", tenant: broken));
        hubSpot.Requests.Count.ShouldBeGreaterThan(calls + 1);
    }

    [Fact]
    public async Task An_answer_of_more_than_ten_megabytes_is_not_read()
    {
        using var hubSpot = new StubHubSpot(_ => new(HttpStatusCode.OK)
        {
            Content = new StreamContent(new Endless()) { Headers = { ContentType = new("application/json") } },
        });
        var error = await FailAsync(hubSpot);
        error.Message.ShouldBe("HubSpot answered 200: answer too large (GET /account-info/v3/details)");
        error.IsTransient.ShouldBeFalse();
    }

    [Theory]
    [InlineData("text/html", 200)]
    [InlineData("text/plain", 200)]
    public async Task An_answer_that_is_no_json_is_not_read(string type, int status)
    {
        using var hubSpot = new StubHubSpot(_ => new((HttpStatusCode)status) { Content = new StringContent(Account, new MediaTypeHeaderValue(type)) });
        (await FailAsync(hubSpot)).Message.ShouldBe("HubSpot answered 200: answer is not JSON (GET /account-info/v3/details)");
    }

    [Fact]
    public async Task What_answers_tell_of_the_limit_is_taken_over()
    {
        using var hubSpot = new StubHubSpot(_ => Json(
            Account, HttpStatusCode.OK,
            ("X-HubSpot-RateLimit-Max", "100"), ("X-HubSpot-RateLimit-Remaining", "0"), ("X-HubSpot-RateLimit-Interval-Milliseconds", "10000")));
        var account = hubSpot.Open();
        await hubSpot.RunAsync(account.DescribeAsync(CancellationToken.None));
        var started = hubSpot.Time.GetUtcNow();
        await hubSpot.RunAsync(account.DescribeAsync(CancellationToken.None));
        // Nothing is left, and 9.7 calls a second come back.
        (hubSpot.Time.GetUtcNow() - started).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1 / 9.8));
    }

    [Fact]
    public void Only_a_call_that_was_certainly_not_carried_out_is_repeated_where_twice_is_not_once()
    {
        RetryRule.DelayOf(new(CallOutcome.NoAnswer, null, ""), 1, isRepeatable: false).ShouldBeNull();
        RetryRule.DelayOf(new(CallOutcome.Refused, HttpStatusCode.BadGateway, ""), 1, isRepeatable: false).ShouldBeNull();
        RetryRule.DelayOf(new(CallOutcome.NotSent, null, ""), 1, isRepeatable: false).ShouldNotBeNull();
        RetryRule.DelayOf(new(CallOutcome.Refused, HttpStatusCode.TooManyRequests, ""), 1, isRepeatable: false).ShouldNotBeNull();
        RetryRule.DelayOf(new(CallOutcome.Refused, HttpStatusCode.Locked, ""), 1, isRepeatable: false).ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData("http://api.hubapi.com")]
    [InlineData("https://api.hubapi.com@evil.example")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("/relative")]
    [InlineData("https://evil.example")]
    [InlineData("https://api.hubapi.com.evil.example")]
    [InlineData("https://xhubapi.com")]
    [InlineData("https://a.b.hubapi.com")]
    [InlineData("https://api.hubapi.com:8443")]
    [InlineData("https://169.254.169.254")]
    public void An_address_elsewhere_in_the_clear_or_in_disguise_stops_the_host(string address)
    {
        using var hubSpot = new StubHubSpot(_ => Json(Account), ("BaseAddress", address));
        Should.Throw<Exception>(() => hubSpot.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<HubSpotOptions>>().Value);
    }

    [Theory]
    [InlineData("https://api.hubspot.com")]
    [InlineData("https://api-eu1.hubapi.com")]
    [InlineData("http://127.0.0.1:8123/")]
    public void The_configured_address_is_one_of_HubSpots_or_a_stand_in_on_this_machine(string address)
    {
        using var hubSpot = new StubHubSpot(_ => Json(Account), ("BaseAddress", address));
        hubSpot.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<HubSpotOptions>>().Value.BaseAddress.ShouldBe(new Uri(address));
    }

    [Theory]
    [InlineData("ClientSecret", "short")]
    [InlineData("ApiVersion", "v2")]
    [InlineData("PreviousClientSecret", "a-secret-without-an-expiry")]
    [InlineData("CallsPerTenSeconds", "0")]
    [InlineData("TokenPath", "https://elsewhere")]
    public void A_wrong_setting_stops_the_host(string key, string value)
    {
        using var hubSpot = new StubHubSpot(_ => Json(Account), (key, value));
        Should.Throw<Exception>(() => hubSpot.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<HubSpotOptions>>().Value);
    }

    private static StubHubSpot Failing(int times, Func<HttpResponseMessage> failure)
    {
        var left = times;
        return new(_ => left-- > 0 ? failure() : Json(Account));
    }

    private static HttpResponseMessage Throttled(string policy) => Json(
        $$"""{"status":"error","message":"You have reached your limit.","errorType":"RATE_LIMIT","correlationId":"c","policyName":"{{policy}}"}""",
        HttpStatusCode.TooManyRequests);

    private static Task<CrmCallException> FailAsync(StubHubSpot hubSpot, ICrmAccount? account = null) =>
        Should.ThrowAsync<CrmCallException>(() => hubSpot.RunAsync((account ?? hubSpot.Open()).DescribeAsync(CancellationToken.None)));

    private sealed class Endless : MemoryStream
    {
        public override int Read(byte[] buffer, int offset, int count) => count;

        public override int Read(Span<byte> buffer) => buffer.Length;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(buffer.Length);

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => CopyAsync(destination, cancellationToken);

        private static async Task CopyAsync(Stream destination, CancellationToken ct)
        {
            var block = new byte[64 * 1024];
            while (true)
                await destination.WriteAsync(block, ct);
        }
    }
}
