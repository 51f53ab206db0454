using System.Net.Http.Headers;
using System.Text;

namespace Forge.Crm.Tests.Functions;

public sealed class ApiTokenTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private const string AnyTenant = "01900000-0000-7000-8000-000000000001";

    [Fact]
    public async Task Without_a_valid_token_nobody_is_let_in()
    {
        var good = Token.Payload(AnyTenant, "admin");
        string?[] bad =
        [
            null, "", "x", "a.b.c", new string('x', 10_000),
            Token.Make(good, secret: "another secret of thirty-two characters or so"),
            Token.Make(With(good, "exp", Token.Now - 60)),
            Token.Make(Without(good, "exp")),
            Token.Make(With(good, "nbf", Token.Now + 600)),
            Token.Make(With(good, "aud", "anon")),
            Token.Make(Without(good, "sub")),
            Token.Make(good, algorithm: "HS512"),
            Token.Make(good, algorithm: "RS256"),
            Token.Make(good, algorithm: "ES256"),
            $"{Token.Part(new { alg = "none" })}.{Token.Part(good)}.",
        ];
        var genuine = Token.Make(good);
        var mutants = Enumerable.Range(0, genuine.Length).Where(i => i % 5 == 0)
            .Select(i => genuine[..i] + (genuine[i] == 'A' ? 'B' : 'A') + genuine[(i + 1)..]);
        foreach (var token in bad.Concat(mutants))
            (await GetAsync("/api/v1/events", token)).ShouldBe((401, """{"status":401,"title":"A valid access token is needed."}"""), token);
        (await GetAsync("/api/v1/events", genuine)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_token_that_names_no_tenant_may_do_nothing()
    {
        Dictionary<string, object?>[] payloads =
        [
            Token.Payload(null, "admin"), Token.Payload("", "admin"), Token.Payload("1", "admin"),
            Token.Payload(Guid.Empty.ToString(), "admin"), Without(Token.Payload(AnyTenant, "admin"), "app_metadata"),
            With(Token.Payload(AnyTenant, "admin"), "app_metadata", "x"),
            // What people write of themselves counts for nothing.
            With(Without(Token.Payload(AnyTenant, "admin"), "app_metadata"), "user_metadata", new { tenant_id = AnyTenant, crm_role = "admin" }),
        ];
        foreach (var payload in payloads)
            (await GetAsync("/api/v1/events", Token.Make(payload))).Status.ShouldBe(403);
    }

    [Theory]
    [InlineData("viewer", 403)]
    [InlineData("owner", 403)]
    [InlineData(null, 403)]
    [InlineData("member", 404)]
    [InlineData("admin", 404)]
    public async Task Only_members_and_administrators_write(string? role, int status)
    {
        var token = Token.Make(Token.Payload(AnyTenant, role));
        using var redrive = Request(HttpMethod.Post, "/api/v1/events/1/redrive", token);
        (await fixture.SendAsync(redrive)).Status.ShouldBe(status);
        using var sync = Request(HttpMethod.Post, "/api/v1/sync", token, """{"platform":"hubspot"}""");
        (await fixture.SendAsync(sync)).Status.ShouldBe(status);
    }

    [Fact]
    public async Task The_tenant_comes_from_the_token_alone()
    {
        var (other, portal) = await fixture.ConnectAsync();
        await fixture.SendAsync(new SignedWebhook($"[{SignedWebhook.Event(portal, 1)}]"));
        var mine = await fixture.Hub.AddTenantAsync();
        using var request = Request(HttpMethod.Get, $"/api/v1/events?tenant_id={other}&tenantId={other}", Token.For(mine));
        request.Headers.Add("X-Tenant-Id", other.ToString());
        (await fixture.SendAsync(request)).ShouldBe((200, """{"events":[],"after":null}"""));
    }

    [Fact]
    public async Task Health_needs_no_token_and_tells_nothing_but_health()
    {
        (await GetAsync("/api/v1/health", null)).ShouldBe((200, """{"database":"ok","bus":"ok","vault":"ok"}"""));
        await using var server = await FunctionsServer.StartAsync(
            fixture.Hub, ("Postgres:AppConnectionString", "Host=127.0.0.1;Port=1;Username=x;Password=a-secret"));
        using var response = await server.Client.GetAsync(new Uri("/api/v1/health", UriKind.Relative));
        ((int)response.StatusCode).ShouldBe(503);
        (await response.Content.ReadAsStringAsync()).ShouldBe("""{"database":"unreachable","bus":"ok","vault":"ok"}""");
    }

    private async Task<(int Status, string Body)> GetAsync(string path, string? token)
    {
        using var request = Request(HttpMethod.Get, path, token);
        return await fixture.SendAsync(request);
    }

    internal static HttpRequestMessage Request(HttpMethod method, string path, string? token, string? body = null)
    {
        var request = new HttpRequestMessage(method, path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return request;
    }

    private static Dictionary<string, object?> With(Dictionary<string, object?> payload, string claim, object value) => new(payload) { [claim] = value };

    private static Dictionary<string, object?> Without(Dictionary<string, object?> payload, string claim)
    {
        var less = new Dictionary<string, object?>(payload);
        less.Remove(claim);
        return less;
    }
}
