using System.Globalization;

namespace Forge.Crm.Tests.Functions;

/// <summary>What is not signed as it must be is answered 401 with nothing in it, and leaves no trace.</summary>
public sealed class WebhookSignatureTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private const string Body = """[{"portalId":1}]""";

    [Fact]
    public async Task A_webhook_with_any_bit_of_its_signature_or_body_changed_is_refused_and_not_stored()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        var genuine = new SignedWebhook($"[{SignedWebhook.Event(portal, 1)}]");
        var mutants = new List<SignedWebhook>();
        var signature = genuine.Sign();
        for (var i = 0; i < signature.Length; i++)
            mutants.Add(genuine with { Signature = signature[..i] + (char)(signature[i] ^ 1) + signature[(i + 1)..] });
        for (var i = 0; i < genuine.Body.Length; i += 3)
        {
            var body = genuine.Body.ToArray();
            body[i] ^= 1;
            mutants.Add(genuine with { Body = body, Signature = signature });
        }
        mutants.Add(genuine with { Signature = signature.ToLowerInvariant() });
        mutants.Add(genuine with { Signature = signature + "=" });
        mutants.Add(genuine with { Signature = "" });

        foreach (var mutant in mutants)
            (await fixture.SendAsync(mutant)).ShouldBe((401, ""));

        (await fixture.JournalAsync(tenant)).ShouldBeEmpty();
        (await fixture.SendAsync(genuine)).Status.ShouldBe(202);
    }

    [Theory]
    [InlineData(-301_000)]
    [InlineData(301_000)]
    public async Task A_signature_of_another_time_is_refused(long milliseconds)
    {
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() + milliseconds;
        (await fixture.SendAsync(new SignedWebhook(Body) { Timestamp = at.ToString(CultureInfo.InvariantCulture) })).ShouldBe((401, ""));
    }

    [Theory]
    [InlineData("+179000000123")]
    [InlineData("NaN")]
    [InlineData("-179000000123")]
    [InlineData("17900000001230")]
    public async Task A_time_that_is_not_thirteen_digits_is_refused(string timestamp) =>
        (await fixture.SendAsync(new SignedWebhook(Body) { Timestamp = timestamp })).ShouldBe((401, ""));

    [Fact]
    public async Task Older_versions_of_the_signature_and_doubled_headers_are_refused()
    {
        var genuine = new SignedWebhook(Body);
        using var older = genuine.ToRequest();
        older.Headers.Remove("X-HubSpot-Signature-v3");
        older.Headers.Add("X-HubSpot-Signature", "0000000000000000000000000000000000000000000000000000000000000000");
        older.Headers.Add("X-HubSpot-Signature-Version", "v1");
        (await fixture.SendAsync(older)).ShouldBe((401, ""));

        using var doubled = genuine.ToRequest();
        doubled.Headers.Add("X-HubSpot-Signature-v3", genuine.Sign());
        (await fixture.SendAsync(doubled)).ShouldBe((401, ""));
    }

    [Fact]
    public async Task The_secret_before_a_rotation_still_counts()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        var webhook = new SignedWebhook($"[{SignedWebhook.Event(portal, 1)}]", secret: FunctionsServer.PreviousSecret);
        (await fixture.SendAsync(webhook)).Status.ShouldBe(202);
        (await fixture.JournalAsync(tenant)).ShouldBe(["pending|1"]);
    }

    [Fact]
    public async Task A_connection_with_a_secret_of_its_own_takes_that_secret_only_and_speaks_for_its_own_portal_only()
    {
        await fixture.Server.SetSecretAsync("private-app", "the-private-app's-secret-for-tests");
        var key = Guid.NewGuid().ToString("n");
        var (tenant, portal) = await fixture.ConnectAsync(key, "private-app");
        var (other, otherPortal) = await fixture.ConnectAsync();
        var path = $"/webhooks/hubspot/{key}";
        var body = $"[{SignedWebhook.Event(portal, 1)},{SignedWebhook.Event(otherPortal, 2)}]";

        (await fixture.SendAsync(new SignedWebhook(body, path))).ShouldBe((401, ""));
        (await fixture.SendAsync(new SignedWebhook(body, path, "the-private-app's-secret-for-tests")))
            .ShouldBe((202, """{"accepted":1,"duplicates":0}"""));

        (await fixture.JournalAsync(tenant)).ShouldBe(["pending|1"]);
        (await fixture.JournalAsync(other)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_secret_being_rotated_in_the_vault_counts_as_long_as_it_says()
    {
        await fixture.Server.SetSecretAsync("rotating", """
            {"current": "the-new-secret-of-the-private-app", "previous": "the-old-secret-of-the-private-app", "previousUntil": "2100-01-01T00:00:00Z"}
            """.Trim());
        await fixture.Server.SetSecretAsync("rotated", """
            {"current": "the-new-secret-of-the-private-app", "previous": "the-old-secret-of-the-private-app", "previousUntil": "2020-01-01T00:00:00Z"}
            """.Trim());
        foreach (var (name, oldCounts) in new[] { ("rotating", 202), ("rotated", 401) })
        {
            var key = Guid.NewGuid().ToString("n");
            await fixture.ConnectAsync(key, name);
            var path = $"/webhooks/hubspot/{key}";
            (await fixture.SendAsync(new SignedWebhook("[]", path, "the-new-secret-of-the-private-app"))).Status.ShouldBe(202);
            (await fixture.SendAsync(new SignedWebhook("[]", path, "the-old-secret-of-the-private-app"))).Status.ShouldBe(oldCounts);
        }
    }

    [Fact]
    public async Task A_connection_that_there_is_not_is_answered_like_a_wrong_signature()
    {
        var key = Guid.NewGuid().ToString("n");
        await fixture.ConnectAsync(key, "no-such-secret");
        var answers = new List<string>();
        foreach (var path in new[] { $"/webhooks/hubspot/{key}", $"/webhooks/hubspot/{Guid.NewGuid():n}", $"/webhooks/hubspot/{new string('x', 500)}" })
        {
            using var request = new SignedWebhook("[]", path).ToRequest();
            using var response = await fixture.Server.Client.SendAsync(request);
            response.Headers.Remove("Date");
            answers.Add($"{(int)response.StatusCode} {response.Headers} {response.Content.Headers} {await response.Content.ReadAsStringAsync()}");
        }
        answers.Distinct().ShouldHaveSingleItem().ShouldStartWith("401 ");
    }
}
