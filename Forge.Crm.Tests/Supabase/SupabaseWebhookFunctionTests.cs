using System.Net.Http.Headers;
using System.Text;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Functions;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Timers;

namespace Forge.Crm.Tests.Supabase;

public sealed class SupabaseWebhookFunctionTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private const string Shown = "a-secret-of-our-own-that-is-shown";
    private const string Signing = "whsec_KFpKUIpTK98sSZmEwToInIDo5nZhgOZMsiNJlDG/gt4=";
    private static readonly string Body = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Payloads", "supabase-webhook-update.json"));

    private readonly HubDatabase _hub = fixture.Hub;
    private readonly FunctionsServer _server = fixture.Server;

    [Fact]
    public async Task A_wake_up_rings_for_the_tenants_lanes_with_something_due_and_journals_nothing()
    {
        var (tenant, key) = await ConnectAsync(Shown);
        var (other, _) = await ConnectAsync(Shown);
        await EditAsync(tenant);
        await EditAsync(other);

        (await SendAsync(key, shown: Shown)).ShouldBe((202, """{"accepted":1,"duplicates":0}"""));

        await Wait.UntilAsync(async () => (await RungAsync(tenant)).Count > 0, "nobody rang");
        (await RungAsync(tenant)).ShouldBe([$"{Queues()}|{tenant}:hubspot:{await LaneAsync(tenant)}"]);
        (await RungAsync(other)).ShouldBeEmpty();
        (await _hub.ScalarAsync<long>($"select count(*) from crm_webhook_events where tenant_id = '{tenant}'")).ShouldBe(0);
    }

    [Fact]
    public async Task Where_nothing_is_due_a_wake_up_is_accepted_and_rings_for_nothing()
    {
        var (tenant, key) = await ConnectAsync(Shown);
        (await SendAsync(key, shown: Shown)).Status.ShouldBe(202);
        await Task.Delay(50);
        (await RungAsync(tenant)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_signed_wake_up_is_as_good()
    {
        var (tenant, key) = await ConnectAsync($"v1,{Signing}");
        await EditAsync(tenant);
        (await SendSignedAsync(key, Signing)).Status.ShouldBe(202);
        await Wait.UntilAsync(async () => (await RungAsync(tenant)).Count > 0, "nobody rang");
    }

    [Fact]
    public async Task While_a_secret_is_rotated_both_are_good()
    {
        var (_, key) = await ConnectAsync($$"""{"current":"{{Signing}}","previous":"{{Shown}}","previousUntil":"2100-01-01T00:00:00Z"}""");
        (await SendSignedAsync(key, Signing)).Status.ShouldBe(202);
        (await SendAsync(key, shown: Shown)).Status.ShouldBe(202);
    }

    [Fact]
    public async Task A_stranger_hears_401_whatever_is_wrong_and_wakes_nobody()
    {
        var (tenant, key) = await ConnectAsync(Shown);
        var (signed, signedKey) = await ConnectAsync(Signing);
        var (open, openKey) = await ConnectAsync(null);
        var (short_, shortKey) = await ConnectAsync("short");
        foreach (var each in new[] { tenant, signed, open, short_ })
            await EditAsync(each);

        (await SendAsync(key, shown: "a-secret-of-another-that-is-shown")).ShouldBe((401, ""));
        (await SendAsync(key, shown: "")).ShouldBe((401, ""));
        (await SendAsync(key)).ShouldBe((401, ""));
        (await SendAsync("no-such-key", shown: Shown)).ShouldBe((401, ""));
        (await SendAsync(openKey, shown: "")).ShouldBe((401, ""));
        (await SendAsync(shortKey, shown: "short")).ShouldBe((401, ""));
        (await SendAsync(signedKey, shown: Signing)).ShouldBe((401, "")); // a secret that signs is never shown
        (await SendSignedAsync(key, Signing)).ShouldBe((401, ""));
        (await SendSignedAsync(signedKey, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).ShouldBe((401, ""));
        (await SendSignedAsync(signedKey, Signing, minutesAgo: 6)).ShouldBe((401, ""));

        await Task.Delay(50);
        foreach (var each in new[] { tenant, signed, open, short_ })
            (await RungAsync(each)).ShouldBeEmpty();
    }

    private static string Queues() => Adapters.ServiceBus.Queues.Pushes;

    private Task<List<string>> RungAsync(TenantId tenant) => _hub.RowsAsync(
        $"select distinct name, session_id from local_bus.messages join local_bus.queues on id = queue_id where session_id like '{tenant}:%'");

    private Task<int> LaneAsync(TenantId tenant) => _hub.ScalarAsync<int>($"select lane from crm_outbox where tenant_id = '{tenant}'");

    private Task EditAsync(TenantId tenant) =>
        _hub.ExecuteAsync($"insert into crm_contacts (tenant_id, id, email) values ('{tenant}', gen_random_uuid(), 'ann@example.com')");

    private async Task<(TenantId Tenant, string Key)> ConnectAsync(string? secret)
    {
        var tenant = await _hub.AddTenantAsync();
        var key = Guid.NewGuid().ToString("n");
        await _hub.AddConfigAsync(tenant, "hubspot", "two_way", lanes: 8);
        await _hub.AddConfigAsync(tenant, "pipedrive", "read");
        await _hub.ExecuteAsync($"""
            insert into crm_connections (tenant_id, platform, account_id, path_key, webhook_secret_ref)
            values ('{tenant}', 'supabase', 'project', '{key}', {(secret is null ? "null" : $"'{key}-secret'")})
            """);
        if (secret is not null)
            await _server.SetSecretAsync($"{key}-secret", secret);
        return (tenant, key);
    }

    private Task<(int Status, string Body)> SendSignedAsync(string key, string secret, int minutesAgo = 0)
    {
        var sentAt = TimeProvider.System.GetUtcNow().AddMinutes(-minutesAgo).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        return SendAsync(
            key, headers: [("webhook-id", "msg_1"), ("webhook-timestamp", sentAt), ("webhook-signature", SupabaseSignatureTests.Sign(Encoding.UTF8.GetBytes(Body), secret, sentAt))]);
    }

    private async Task<(int Status, string Body)> SendAsync(string key, string? shown = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/webhooks/supabase/{key}")
        {
            Content = new StringContent(Body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        if (shown is not null)
            request.Headers.Add("X-Forge-Secret", shown);
        using var response = await _server.Client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
