using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>One POST of one batch: the array of events, signed. Anything but a 2xx within the timeout is a failure.</summary>
internal sealed class HubSpotWebhookDelivery(HubSpotAccount account, HttpMessageInvoker http)
{
    private static readonly JsonWriterOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task<bool> TrySendAsync(HubSpotWebhookEvent[] batch, int attempt, CancellationToken ct)
    {
        if (account.ResolvedWebhookTarget is not { } target)
            return true;
        var options = account.Options;
        using var request = NewRequest(target, Body(batch, attempt));
        using var timeout = new CancellationTokenSource(options.Webhooks.Timeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        try
        {
            using var response = await http.SendAsync(request, either.Token);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    private HttpRequestMessage NewRequest(string target, byte[] body)
    {
        var options = account.Options;
        var request = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.ParseAdd("HubSpot-Connect-2.0");
        var signed = account.Resolve(options.Webhooks.SignedTarget) ?? target;
        HubSpotWebhookSignature.Sign(request, signed, body, options.ClientSecret, options.Time.GetUtcNow());
        return request;
    }

    private byte[] Body(HubSpotWebhookEvent[] batch, int attempt)
    {
        using var bytes = new MemoryStream(batch.Length * 320);
        using (var json = new Utf8JsonWriter(bytes, Unescaped))
        {
            json.WriteStartArray();
            foreach (var item in batch)
                item.Write(json, account.PortalId, account.Options.AppId, attempt);
            json.WriteEndArray();
        }
        return bytes.ToArray();
    }
}
