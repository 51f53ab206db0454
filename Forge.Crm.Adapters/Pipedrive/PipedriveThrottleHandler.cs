using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// The step next to the network: gives an answer that turns a call away the <c>Retry-After</c> that Pipedrive leaves out. Which of its two
/// limits was reached shows in what is left of the burst; whoever goes on calling is turned away by the network in front of Pipedrive, with
/// 403 and a page of HTML (Pipedrive documentation, "Rate limiting").
/// </summary>
internal sealed class PipedriveThrottleHandler : DelegatingHandler
{
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>The daily budget is full again at the midnight of a server whose zone is not told: a look now and then.</summary>
    private static readonly TimeSpan Daily = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan Blocked = TimeSpan.FromMinutes(5);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (IsBlocked(response))
        {
            response.StatusCode = HttpStatusCode.TooManyRequests;
            Wait(response, Blocked);
        }
        else if (response is { StatusCode: HttpStatusCode.TooManyRequests, Headers.RetryAfter: null })
        {
            Wait(response, Number(response, "x-ratelimit-remaining") > 0 ? Daily : Reset(response));
        }

        return response;
    }

    private static bool IsBlocked(HttpResponseMessage response) => response is
    {
        StatusCode: HttpStatusCode.Forbidden, Content.Headers.ContentType.MediaType: "text/html",
    };

    private static TimeSpan Reset(HttpResponseMessage response) =>
        Number(response, "x-ratelimit-reset") is { } seconds && TimeSpan.FromSeconds(seconds) <= Longest
            ? TimeSpan.FromSeconds(Math.Max(1, seconds))
            : Burst;

    private static void Wait(HttpResponseMessage response, TimeSpan wait) => response.Headers.RetryAfter = new RetryConditionHeaderValue(wait);

    private static int? Number(HttpResponseMessage response, string header) =>
        response.Headers.TryGetValues(header, out var values)
        && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
