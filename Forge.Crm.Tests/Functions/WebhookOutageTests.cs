using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Forge.Crm.Tests.Functions;

/// <summary>What breaks behind the webhook. Nothing is acknowledged that is not committed, and nobody waits long to hear so.</summary>
public sealed class WebhookOutageTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    // The sender gives up after five seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task A_database_that_is_down_is_a_503_that_says_when_to_come_again()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        await using var server = await FunctionsServer.StartAsync(fixture.Hub, ("Postgres:AppConnectionString", "Host=127.0.0.1;Port=1;Username=x"));
        await ExpectUnavailableAsync(server, new SignedWebhook($"[{SignedWebhook.Event(portal, 1)}]"));
        (await fixture.JournalAsync(tenant)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_a_503_in_time()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var server = await FunctionsServer.StartAsync(
            fixture.Hub, ("Postgres:AppConnectionString", $"Host=127.0.0.1;Port={((IPEndPoint)silent.LocalEndpoint).Port};Username=x"));
        await ExpectUnavailableAsync(server, new SignedWebhook($"[{SignedWebhook.Event(WebhookFixture.NewPortal(), 1)}]"));
    }

    [Fact]
    public async Task A_journal_that_is_locked_is_a_503_in_time_and_the_same_delivery_is_taken_later()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        var webhook = new SignedWebhook($"[{SignedWebhook.Event(portal, 1)}]");
        await using (var connection = await fixture.Hub.Owner.OpenConnectionAsync())
        await using (await connection.BeginTransactionAsync())
        {
            await using var command = new NpgsqlCommand("lock table crm_webhook_events in access exclusive mode", connection);
            await command.ExecuteNonQueryAsync();
            await ExpectUnavailableAsync(fixture.Server, webhook);
        }

        (await fixture.SendAsync(webhook)).Status.ShouldBe(202);
        (await fixture.JournalAsync(tenant)).ShouldBe(["pending|1"]);
    }

    [Fact]
    public async Task A_forged_webhook_does_not_ask_the_database_that_is_down()
    {
        await using var server = await FunctionsServer.StartAsync(fixture.Hub, ("Postgres:AppConnectionString", "Host=127.0.0.1;Port=1;Username=x"));
        using var request = new SignedWebhook("[]", secret: "somebody else's secret").ToRequest();
        using var response = await server.Client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_bus_that_is_down_is_a_202_all_the_same()
    {
        await using var server = await FunctionsServer.StartAsync(fixture.Hub, ("ServiceBus", "Host=127.0.0.1;Port=1;Username=x"));
        await ExpectAcceptedAsync(server);
    }

    [Fact]
    public async Task A_bus_that_does_not_answer_is_not_waited_for()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var server = await FunctionsServer.StartAsync(
            fixture.Hub, ("ServiceBus", $"Host=127.0.0.1;Port={((IPEndPoint)silent.LocalEndpoint).Port};Username=x"));
        await ExpectAcceptedAsync(server);
    }

    [Fact]
    public async Task An_account_that_sends_too_much_is_answered_429_and_others_are_not()
    {
        var ((tenant, portal), (_, other)) = (await fixture.ConnectAsync(), await fixture.ConnectAsync());
        await using var server = await FunctionsServer.StartAsync(fixture.Hub, ("Forge:IntakeBurst", "5"), ("Forge:IntakeEventsPerSecond", "1"));
        // A forged delivery does not use up what the account may send.
        using var forged = new SignedWebhook(SignedWebhook.Batch(portal, 5), secret: "somebody else's secret").ToRequest();
        using var refused = await server.Client.SendAsync(forged);

        (await StatusAsync(server, new SignedWebhook(SignedWebhook.Batch(portal, 5)))).ShouldBe(202);
        using var request = new SignedWebhook(SignedWebhook.Batch(portal, 6)).ToRequest();
        using var response = await server.Client.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThan(TimeSpan.Zero);
        (await StatusAsync(server, new SignedWebhook(SignedWebhook.Batch(other, 5)))).ShouldBe(202);
        (await fixture.JournalAsync(tenant)).Count.ShouldBe(5);
    }

    private async Task ExpectAcceptedAsync(FunctionsServer server)
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        var started = Stopwatch.GetTimestamp();
        (await StatusAsync(server, new SignedWebhook($"[{SignedWebhook.Event(portal, 1)}]"))).ShouldBe(202);
        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(Patience);
        (await fixture.JournalAsync(tenant)).ShouldBe(["pending|1"]);
    }

    private static async Task ExpectUnavailableAsync(FunctionsServer server, SignedWebhook webhook)
    {
        var started = Stopwatch.GetTimestamp();
        using var request = webhook.ToRequest();
        using var response = await server.Client.SendAsync(request);
        Stopwatch.GetElapsedTime(started).ShouldBeLessThan(Patience);
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(3));
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    private static async Task<int> StatusAsync(FunctionsServer server, SignedWebhook webhook)
    {
        using var request = webhook.ToRequest();
        using var response = await server.Client.SendAsync(request);
        return (int)response.StatusCode;
    }
}
