using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Functions;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Timers;

namespace Forge.Crm.Tests.Pipedrive;

public sealed class PipedriveWebhookFunctionTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private const string Company = "8000001";
    private const string Password = "forge:a-password-of-our-own";
    private readonly HubDatabase _hub = fixture.Hub;
    private readonly FunctionsServer _server = fixture.Server;

    [Fact]
    public async Task An_authentic_event_is_in_the_journal_when_it_is_answered_and_its_lane_is_rung_for()
    {
        var (tenant, key) = await ConnectAsync();
        var body = Event();

        (await SendAsync(key, body)).ShouldBe((202, """{"accepted":1,"duplicates":0}"""));

        (await JournalAsync(tenant)).ShouldBe(["pending|contact|8|changed"]);
        Encoding.UTF8.GetString((await _hub.ScalarAsync<byte[]>($"select raw from crm_webhook_events where tenant_id = '{tenant}'"))!).ShouldBe(body);
        await Wait.UntilAsync(
            async () => await _hub.ScalarAsync<long>($"select count(*) from local_bus.messages where session_id = '{tenant}:pipedrive:0'") > 0, "nobody rang");
    }

    [Fact]
    public async Task Further_attempts_of_an_event_change_nothing()
    {
        var (tenant, key) = await ConnectAsync();
        await SendAsync(key, Event());

        var answers = await Task.WhenAll(Enumerable.Range(2, 20).Select(attempt => SendAsync(key, Event(meta => meta["attempt"] = attempt))));

        answers.ShouldAllBe(answer => answer.Status == 202 && answer.Body == """{"accepted":1,"duplicates":1}""");
        (await JournalAsync(tenant)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Two_events_of_one_record_are_both_kept()
    {
        var (tenant, key) = await ConnectAsync();
        await SendAsync(key, Event());
        await SendAsync(key, Event(meta => meta["id"] = Guid.NewGuid().ToString()));
        (await JournalAsync(tenant)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_stranger_hears_401_whatever_is_wrong_and_leaves_no_trace()
    {
        var (tenant, key) = await ConnectAsync();
        var (_, open) = await ConnectAsync(secret: null);
        (await SendAsync(key, Event(), "forge:wrong")).ShouldBe((401, ""));
        (await SendAsync(key, Event(), "")).ShouldBe((401, ""));
        (await SendAsync(key, Event(), null)).ShouldBe((401, ""));
        (await SendAsync("no-such-key", Event())).ShouldBe((401, ""));
        (await SendAsync(open, Event())).ShouldBe((401, ""));
        (await SendAsync(open, Event(), ":")).ShouldBe((401, ""));
        (await JournalAsync(tenant)).ShouldBeEmpty();
    }

    [Fact]
    public async Task One_connections_password_opens_no_other()
    {
        var (first, _) = await ConnectAsync();
        var (second, key) = await ConnectAsync(secret: "forge:another-password-of-ours");
        (await SendAsync(key, Event())).Status.ShouldBe(401);
        (await JournalAsync(first)).Concat(await JournalAsync(second)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_connection_speaks_for_its_own_account_only()
    {
        var (tenant, key) = await ConnectAsync();
        (await SendAsync(key, Event(meta => meta["company_id"] = "9999"))).ShouldBe((202, """{"accepted":0,"duplicates":0}"""));
        (await JournalAsync(tenant)).ShouldBeEmpty();
    }

    [Fact]
    public async Task While_a_password_is_rotated_both_are_good()
    {
        var (tenant, key) = await ConnectAsync(
            secret: """{"current":"forge:the-new-password-of-ours","previous":"forge:a-password-of-our-own","previousUntil":"2100-01-01T00:00:00Z"}""");
        (await SendAsync(key, Event())).Status.ShouldBe(202);
        (await SendAsync(key, Event(meta => meta["id"] = Guid.NewGuid().ToString()), "forge:the-new-password-of-ours")).Status.ShouldBe(202);
        (await JournalAsync(tenant)).Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"meta":{"company_id":"8000001","action":"change"}}""")]
    public async Task What_cannot_be_read_is_journaled_as_failed_and_not_refused(string body)
    {
        // Ten refusals would stop the webhook for half an hour.
        var (tenant, key) = await ConnectAsync();
        (await SendAsync(key, body)).Status.ShouldBe(202);
        (await _hub.RowsAsync($"select status, coalesce(reason, '') <> '' from crm_webhook_events where tenant_id = '{tenant}'")).ShouldBe(["failed|True"]);
    }

    [Fact]
    public async Task What_we_do_not_sync_is_accepted_and_ignored()
    {
        var (tenant, key) = await ConnectAsync();
        (await SendAsync(key, Event(meta => meta["entity"] = "product"))).Status.ShouldBe(202);
        (await JournalAsync(tenant)).ShouldBe(["ignored|||unknown"]);
    }

    [Fact]
    public async Task There_is_no_route_without_a_connection()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/pipedrive") { Content = Content(Event()) };
        using var response = await _server.Client.SendAsync(request);
        ((int)response.StatusCode).ShouldBe(404);
    }

    private static string Event(Action<JsonObject>? change = null)
    {
        var body = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Payloads", "pipedrive-webhook-v2-person-change.json")))!.AsObject();
        change?.Invoke(body["meta"]!.AsObject());
        return body.ToJsonString();
    }

    private static StringContent Content(string body) => new(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    private async Task<(TenantId Tenant, string Key)> ConnectAsync(string? secret = Password)
    {
        var tenant = await _hub.AddTenantAsync();
        var key = Guid.NewGuid().ToString("n");
        await _hub.AddConfigAsync(tenant, "pipedrive");
        await _hub.ExecuteAsync($"""
            insert into crm_connections (tenant_id, platform, account_id, path_key, webhook_secret_ref)
            values ('{tenant}', 'pipedrive', '{Company}', '{key}', {(secret is null ? "null" : $"'{key}-secret'")})
            """);
        if (secret is not null)
            await _server.SetSecretAsync($"{key}-secret", secret);
        return (tenant, key);
    }

    private Task<List<string>> JournalAsync(TenantId tenant) =>
        _hub.RowsAsync($"select status, remote_kind, external_id, change from crm_webhook_events where tenant_id = '{tenant}' order by id");

    private async Task<(int Status, string Body)> SendAsync(string key, string body, string? password = Password)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/webhooks/pipedrive/{key}") { Content = Content(body) };
        if (password is not null)
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(password)));
        using var response = await _server.Client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
