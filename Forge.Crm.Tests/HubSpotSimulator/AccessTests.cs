using System.Net;

namespace Forge.Crm.Tests.HubSpotSimulation;

public sealed class AccessTests
{
    private const string Contacts = "/crm/v3/objects/contacts";

    [Fact]
    public async Task An_unknown_token_is_refused()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        var answer = await hubSpot.GetAsync(Contacts, "nonsense");
        answer.Status.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Text("category").ShouldBe("INVALID_AUTHENTICATION");
    }

    [Fact]
    public async Task The_token_chooses_the_account()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        hubSpot.Simulator.AddAccount(777, "other").Create("contacts", new Dictionary<string, string> { ["email"] = "eva@example.com" });
        (await hubSpot.GetAsync(Contacts)).Results.ShouldBeEmpty();
        (await hubSpot.GetAsync(Contacts, "other")).Results.Length.ShouldBe(1);
        (await hubSpot.GetAsync("/account-info/v3/details", "other"))["portalId"].GetInt64().ShouldBe(777);
    }

    [Fact]
    public async Task A_missing_scope_is_named()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        hubSpot.Simulator.AddAccount(777, "reader", ["crm.objects.contacts.read"]);
        (await hubSpot.PostAsync($"{Contacts}/search", new { }, "reader")).Status.ShouldBe(HttpStatusCode.OK);
        var refused = await hubSpot.PostAsync(Contacts, new { properties = new { email = "a@example.com" } }, "reader");
        refused.Status.ShouldBe(HttpStatusCode.Forbidden);
        refused.Text("category").ShouldBe("MISSING_SCOPES");
        refused["errors"][0].GetProperty("context").GetProperty("requiredGranularScopes")[0].GetString().ShouldBe("crm.objects.contacts.write");
    }

    [Theory]
    [InlineData("/oauth/v1/token")]
    [InlineData("/oauth/v3/token")]
    public async Task A_refreshed_token_works_until_it_expires(string path)
    {
        await using var hubSpot = await SimulatorFixture.StartFrozenAsync();
        var granted = await RefreshAsync(hubSpot, path);
        granted.Status.ShouldBe(HttpStatusCode.OK);
        granted["expires_in"].GetInt32().ShouldBe(1800);
        granted["hub_id"].GetInt64().ShouldBe(SimulatorFixture.PortalId);
        granted.Text("refresh_token").ShouldBe(hubSpot.Account.RefreshToken);
        var token = granted.Text("access_token")!;
        (await hubSpot.GetAsync(Contacts, token)).Status.ShouldBe(HttpStatusCode.OK);
        (await IntrospectAsync(hubSpot, token))["active"].GetBoolean().ShouldBeTrue();
        (await hubSpot.GetAsync($"/oauth/v1/access-tokens/{token}"))["hub_id"].GetInt64().ShouldBe(SimulatorFixture.PortalId);
        hubSpot.Clock!.Advance(TimeSpan.FromSeconds(1803));
        var expired = await hubSpot.GetAsync(Contacts, token);
        expired.Status.ShouldBe(HttpStatusCode.Unauthorized);
        expired.Text("category").ShouldBe("EXPIRED_AUTHENTICATION");
        expired.Text("message")!.ShouldContain("expired 3 second(s) ago");
        (await IntrospectAsync(hubSpot, token))["active"].GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task A_revoked_or_rotated_refresh_token_is_refused()
    {
        await using var hubSpot = await SimulatorFixture.StartAsync();
        hubSpot.Simulator.Faults.RotateRefreshTokens = true;
        var first = hubSpot.Account.RefreshToken;
        var rotated = await RefreshAsync(hubSpot);
        rotated.Text("refresh_token").ShouldNotBe(first);
        (await hubSpot.FormAsync("/oauth/v3/token", [("grant_type", "refresh_token"), .. Client(hubSpot), ("refresh_token", first)])).Status.ShouldBe(HttpStatusCode.BadRequest);
        hubSpot.Simulator.RevokeRefreshToken(hubSpot.Account);
        var refused = await RefreshAsync(hubSpot);
        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        (refused.Text("status"), refused.Text("error")).ShouldBe(("BAD_REFRESH_TOKEN", "invalid_grant"));
    }

    [Fact]
    public async Task The_rolling_limit_admits_so_many_in_any_ten_seconds()
    {
        await using var hubSpot = await SimulatorFixture.StartFrozenAsync();
        hubSpot.Simulator.Limits.Enabled = true;
        hubSpot.Simulator.Limits.PrivateAppPerTenSeconds = 5;
        for (var i = 0; i < 5; i++)
        {
            var admitted = await hubSpot.GetAsync(Contacts);
            admitted.Headers.GetValues("X-HubSpot-RateLimit-Remaining").Single().ShouldBe($"{4 - i}");
            hubSpot.Clock!.Advance(TimeSpan.FromSeconds(1));
        }
        var refused = await hubSpot.GetAsync(Contacts);
        refused.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (refused.Text("errorType"), refused.Text("policyName")).ShouldBe(("RATE_LIMIT", "TEN_SECONDLY_ROLLING"));
        refused.Text("message").ShouldBe("You have reached your ten_secondly_rolling limit.");
        refused.Headers.GetValues("X-HubSpot-RateLimit-Interval-Milliseconds").Single().ShouldBe("10000");
        hubSpot.Clock!.Advance(TimeSpan.FromSeconds(5));
        (await hubSpot.GetAsync(Contacts)).Status.ShouldBe(HttpStatusCode.OK);
        (await hubSpot.GetAsync(Contacts)).Status.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Search_has_a_limit_of_its_own_and_no_headers()
    {
        await using var hubSpot = await SimulatorFixture.StartFrozenAsync();
        hubSpot.Simulator.Limits.Enabled = true;
        for (var i = 0; i < 5; i++)
            (await hubSpot.PostAsync($"{Contacts}/search", new { })).Headers.Any(header => header.Key.StartsWith("X-HubSpot", StringComparison.OrdinalIgnoreCase)).ShouldBeFalse();
        var refused = await hubSpot.PostAsync($"{Contacts}/search", new { });
        refused.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Text("message").ShouldBe("You have reached your secondly limit.");
        hubSpot.Clock!.Advance(TimeSpan.FromSeconds(1));
        (await hubSpot.PostAsync($"{Contacts}/search", new { })).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_daily_limit_ends_at_midnight_of_the_account()
    {
        await using var hubSpot = await SimulatorFixture.StartFrozenAsync();
        hubSpot.Simulator.Limits.Enabled = true;
        hubSpot.Simulator.Limits.Daily = 1;
        hubSpot.Account.TimeZone = "America/New_York";
        (await hubSpot.GetAsync(Contacts)).Headers.GetValues("X-HubSpot-RateLimit-Daily-Remaining").Single().ShouldBe("0");
        var refused = await hubSpot.GetAsync(Contacts);
        (refused.Status, refused.Text("policyName"), refused.Text("message")).ShouldBe((HttpStatusCode.TooManyRequests, "DAILY", "You have reached your daily limit."));
        hubSpot.Clock!.Advance(TimeSpan.FromHours(18));
        (await hubSpot.GetAsync(Contacts)).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        hubSpot.Clock.Advance(TimeSpan.FromHours(2));
        (await hubSpot.GetAsync(Contacts)).Status.ShouldBe(HttpStatusCode.OK);
    }

    private static (string, string)[] Client(SimulatorFixture hubSpot) =>
        [("client_id", hubSpot.Simulator.Options.ClientId), ("client_secret", hubSpot.Simulator.Options.ClientSecret)];

    private static Task<Answer> RefreshAsync(SimulatorFixture hubSpot, string path = "/oauth/v3/token") =>
        hubSpot.FormAsync(path, [("grant_type", "refresh_token"), .. Client(hubSpot), ("refresh_token", hubSpot.Account.RefreshToken)]);

    private static Task<Answer> IntrospectAsync(SimulatorFixture hubSpot, string token) =>
        hubSpot.FormAsync("/oauth/v3/token/introspect", [.. Client(hubSpot), ("token", token), ("token_type_hint", "access_token")]);
}
