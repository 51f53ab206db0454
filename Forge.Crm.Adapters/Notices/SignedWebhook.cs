using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Ports;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.Notices;

/// <summary>
/// Calls a receiver's address, signed by Standard Webhooks. Only 2xx counts as taken; redirects are not followed. A receiver that does not answer rests
/// for the batch: it would cost every other its time.
/// </summary>
internal sealed class SignedWebhook(IHttpClientFactory clients, NoticeSecrets secrets, IOptions<NoticeOptions> options, TimeProvider clock) : INoticeSender<OutgoingWebhook>
{
    /// <summary>The name of the HTTP client.</summary>
    public const string ClientName = "notice-webhook";

    private const int RequestTimeout = 408;
    private const int TooManyRequests = 429;

    private static readonly MediaTypeHeaderValue JsonType = new("application/json");

    public async IAsyncEnumerable<NoticeReceipt> SendAsync(IReadOnlyList<OutgoingWebhook> batch, [EnumeratorCancellation] CancellationToken ct)
    {
        var resting = new Dictionary<Uri, NoticeReceipt>();
        foreach (var webhook in batch)
        {
            if (ct.IsCancellationRequested)
                yield break;
            var receipt = resting.TryGetValue(webhook.Url, out var rest) ? rest with { Id = webhook.Id } : await CallAsync(webhook, ct);
            if (receipt.Fate == NoticeFate.Later)
                resting.TryAdd(webhook.Url, receipt);
            yield return receipt;
        }
    }

    private async Task<NoticeReceipt> CallAsync(OutgoingWebhook webhook, CancellationToken ct)
    {
        if (WebhookUrl.Problem(webhook.Url, options.Value.AllowLoopback) is { } problem)
            return new(webhook.Id, NoticeFate.Failed, problem);
        try
        {
            var keys = await secrets.KeysAsync(webhook.Tenant, webhook.Secret, ct);
            if (keys.Count == 0)
                return new(webhook.Id, NoticeFate.Failed, "The tenant has no webhook secret of the name that the notice gives; make it, then redrive.");
            using var request = Request(webhook, keys);
            using var client = clients.CreateClient(ClientName);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            return Receipt(webhook, response);
        }
        catch (SecretUnavailableException)
        {
            return new(webhook.Id, NoticeFate.Later, "The vault does not show the webhook's secret.");
        }
        catch (HttpRequestException e) when (e.InnerException is PrivateAddressException)
        {
            return new(webhook.Id, NoticeFate.Failed, "The webhook's host has no public address.");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return new(webhook.Id, NoticeFate.Later, $"The receiver does not answer ({(e is HttpRequestException failed ? failed.HttpRequestError : "too slow")}).");
        }
    }

    private HttpRequestMessage Request(OutgoingWebhook webhook, IReadOnlyList<byte[]> keys)
    {
        var (id, body) = (webhook.Id.ToString(), Encoding.UTF8.GetBytes(webhook.Body));
        var timestamp = clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return new(HttpMethod.Post, webhook.Url)
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = JsonType } },
            Headers =
            {
                { SupabaseSignature.IdHeader, id },
                { SupabaseSignature.TimestampHeader, timestamp },
                { SupabaseSignature.SignatureHeader, string.Join(' ', keys.Select(key => SupabaseSignature.Of(key, id, timestamp, body))) },
                { "User-Agent", "Forge-CRM-Sync" },
            },
        };
    }

    private NoticeReceipt Receipt(OutgoingWebhook webhook, HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        return status switch
        {
            < 300 => new(webhook.Id, NoticeFate.Sent),
            < 400 => new(webhook.Id, NoticeFate.Failed, $"The receiver answers with a redirect ({status}), which is not followed: give the address that it leads to."),
            >= 500 or RequestTimeout or TooManyRequests => new(webhook.Id, NoticeFate.Later, $"The receiver answers {status}.", RetryAfter(response)),
            _ => new(webhook.Id, NoticeFate.Failed, $"The receiver refuses it ({status})."),
        };
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter is { } wait ? wait.Delta ?? wait.Date - clock.GetUtcNow() : null;
}
