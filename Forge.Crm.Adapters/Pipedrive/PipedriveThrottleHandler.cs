using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Forge.Crm.Adapters.Http;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// The step next to the network: says of an answer that turns a call away which limit was reached, and how long to wait, both of which
/// Pipedrive leaves out. It shows in what is left of the burst: if anything is, the searches' own burst was reached, or else the company's day.
/// Whoever goes on calling is turned away by the network in front of Pipedrive, with 403 and a page of HTML (documentation, "Rate limiting").
/// </summary>
internal sealed class PipedriveThrottleHandler : DelegatingHandler
{
    private const string BurstPolicy = "BURST";
    private const string SearchPolicy = "SEARCH";
    private const string DayPolicy = "DAILY";

    public static readonly ImmutableDictionary<string, string> Buckets = new Dictionary<string, string>
    {
        [BurstPolicy] = PipedrivePrices.Burst,
        [SearchPolicy] = PipedrivePrices.Search,
        [DayPolicy] = PipedrivePrices.Day,
    }.ToImmutableDictionary();

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Blocked = TimeSpan.FromMinutes(5);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (IsBlocked(response))
        {
            response.StatusCode = HttpStatusCode.TooManyRequests;
            Name(response, BurstPolicy, Blocked);
        }
        else if (response.StatusCode == HttpStatusCode.TooManyRequests)
        {
            var isSearch = request.RequestUri!.AbsolutePath.EndsWith("earch", StringComparison.Ordinal);
            if (!(Number(response, "x-ratelimit-remaining") > 0))
                Name(response, BurstPolicy, Reset(response));
            else if (isSearch)
                Name(response, SearchPolicy, Window);
            else
                Name(response, DayPolicy, null);
        }

        return response;
    }

    private static void Name(HttpResponseMessage response, string policy, TimeSpan? wait)
    {
        CrmHttpSettings.SetPolicy(response, policy);
        if (wait is { } time && response.Headers.RetryAfter is null)
            response.Headers.RetryAfter = new RetryConditionHeaderValue(time);
    }

    private static bool IsBlocked(HttpResponseMessage response) => response is
    {
        StatusCode: HttpStatusCode.Forbidden, Content.Headers.ContentType.MediaType: "text/html",
    };

    private static TimeSpan Reset(HttpResponseMessage response) =>
        Number(response, "x-ratelimit-reset") is { } seconds && TimeSpan.FromSeconds(seconds) <= Longest
            ? TimeSpan.FromSeconds(Math.Max(1, seconds))
            : Window;

    private static int? Number(HttpResponseMessage response, string header) =>
        response.Headers.TryGetValues(header, out var values)
        && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
