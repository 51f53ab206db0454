using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Forge.Crm.Tests.Functions;

/// <summary>The HTTP edge: what no genuine sender does. A 4xx that says what is wrong, never a 500, and nothing stored.</summary>
public sealed class WebhookEdgeTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    private const int Megabyte = 1024 * 1024;

    [Fact]
    public async Task A_body_of_a_megabyte_is_taken_and_one_byte_more_is_not()
    {
        (await fixture.SendAsync(new SignedWebhook(Blanks(Megabyte)))).ShouldBe((202, """{"accepted":0,"duplicates":0}"""));

        var (status, body) = await fixture.SendAsync(new SignedWebhook(Blanks(Megabyte + 1)));
        status.ShouldBe(413);
        body.ShouldContain("1 MB");
    }

    [Fact]
    public async Task A_body_in_chunks_without_a_length_has_the_same_limit()
    {
        using var fits = Chunked(new SignedWebhook(Blanks(Megabyte)));
        (await fixture.SendAsync(fits)).Status.ShouldBe(202);
        using var large = Chunked(new SignedWebhook(Blanks(10 * Megabyte)));
        (await fixture.SendAsync(large)).Status.ShouldBe(413);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/cloudevents+json")]
    public async Task Anything_but_JSON_in_UTF8_is_refused(string contentType) =>
        (await fixture.SendAsync(new SignedWebhook("[]") { ContentType = contentType })).Status.ShouldBe(415);

    [Fact]
    public async Task JSON_with_its_charset_named_is_taken() =>
        (await fixture.SendAsync(new SignedWebhook("[]") { ContentType = "Application/JSON; charset=UTF-8" })).Status.ShouldBe(202);

    [Fact]
    public async Task Without_a_content_type_it_is_refused()
    {
        using var request = new SignedWebhook("[]").ToRequest();
        request.Content!.Headers.ContentType = null;
        (await fixture.SendAsync(request)).Status.ShouldBe(415);
    }

    [Fact]
    public async Task Compressed_bodies_are_refused_unopened()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync("[]"u8.ToArray());
        using var request = new SignedWebhook(packed.ToArray()).ToRequest();
        request.Content!.Headers.ContentEncoding.Add("gzip");
        (await fixture.SendAsync(request)).Status.ShouldBe(415);
    }

    [Fact]
    public async Task Other_methods_are_not_answered_as_webhooks()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/webhooks/hubspot");
        (await fixture.SendAsync(request)).Status.ShouldBe(405);
    }

    [Fact]
    public async Task A_sender_that_stops_in_the_middle_is_given_up_and_leaves_nothing()
    {
        var (tenant, portal) = await fixture.ConnectAsync();
        var webhook = new SignedWebhook(SignedWebhook.Batch(portal, 3));
        using (var sender = await ConnectAsync())
        {
            await sender.SendAsync(Head(webhook, webhook.Body.Length));
            await sender.SendAsync(webhook.Body.AsMemory(0, webhook.Body.Length / 2));
            sender.Shutdown(SocketShutdown.Send);
            (await AnswerAsync(sender)).ShouldBeOneOf("", "HTTP/1.1 400 Bad Request");
        }
        (await fixture.JournalAsync(tenant)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_slow_sender_is_answered_408()
    {
        var webhook = new SignedWebhook("[]");
        using var sender = await ConnectAsync();
        await sender.SendAsync(Head(webhook, 1_000));
        await sender.SendAsync("["u8.ToArray());
        (await AnswerAsync(sender)).ShouldBe("HTTP/1.1 408 Request Timeout");
    }

    [Fact]
    public async Task A_sender_with_a_length_that_is_not_true_is_heard_to_that_length_only()
    {
        var webhook = new SignedWebhook("[] and more");
        using var sender = await ConnectAsync();
        await sender.SendAsync(Head(webhook, 2));
        await sender.SendAsync(webhook.Body);
        (await AnswerAsync(sender)).ShouldBe("HTTP/1.1 401 Unauthorized");
    }

    private static byte[] Blanks(int length)
    {
        var body = new byte[length];
        Array.Fill(body, (byte)' ');
        (body[0], body[^1]) = ((byte)'[', (byte)']');
        return body;
    }

    private static HttpRequestMessage Chunked(SignedWebhook webhook)
    {
        var request = webhook.ToRequest();
        request.Content = new StreamContent(new MemoryStream(webhook.Body));
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(webhook.ContentType);
        request.Headers.TransferEncodingChunked = true;
        return request;
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(fixture.Server.Client.BaseAddress!.Host, fixture.Server.Client.BaseAddress.Port);
        return socket;
    }

    private static byte[] Head(SignedWebhook webhook, int length) => Encoding.ASCII.GetBytes(
        $"POST {webhook.Path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
        + $"X-HubSpot-Signature-v3: {webhook.Sign()}\r\nX-HubSpot-Request-Timestamp: {webhook.Timestamp}\r\n\r\n");

    /// <summary>The answer's first line; empty where the connection was closed without one.</summary>
    private static async Task<string> AnswerAsync(Socket socket)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var answer = new List<byte>();
        var buffer = new byte[1];
        try
        {
            while (!answer.Contains((byte)'\r') && await socket.ReceiveAsync(buffer, deadline.Token) > 0)
                answer.Add(buffer[0]);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // closed with a reset: no answer either
        }

        return Encoding.ASCII.GetString([.. answer]).TrimEnd();
    }
}
