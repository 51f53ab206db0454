using System.Net.Http.Headers;
using System.Text;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>One POST of one event. Anything but a 2xx within the timeout is a failure.</summary>
internal sealed class PipedriveWebhookDelivery(PipedriveAccount account, HttpMessageInvoker http)
{
    /// <returns>The status; 0 where no answer came in time.</returns>
    public async Task<int> TrySendAsync(PipedriveWebhook webhook, PipedriveEvent item, int attempt, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(account.Options.Webhooks.Timeout, account.Options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        try
        {
            using var request = NewRequest(webhook, item, attempt);
            using var response = await http.SendAsync(request, either.Token);
            return (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return 0;
        }
    }

    private HttpRequestMessage NewRequest(PipedriveWebhook webhook, PipedriveEvent item, int attempt)
    {
        var body = PipedriveWebhookBody.Of(account, webhook, item, attempt).ToJsonString();
        var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url)
        {
            Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.UserAgent.ParseAdd("Pipedrive-Webhooks");
        if (webhook.AuthUser is not null)
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{webhook.AuthUser}:{webhook.AuthPassword}")));
        return request;
    }
}
