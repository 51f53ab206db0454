using System.Net;
using System.Text;
using Forge.Crm.Adapters.OAuth;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Forge.Crm.Functions.Api;

/// <summary>What a person sees who comes back from consenting: the configured place, or a small page that loads nothing and tells no other page anything.</summary>
internal sealed class ConsentAnswer : IResult
{
    private static readonly Dictionary<ConsentOutcome, (int Status, string Text)> Pages = new()
    {
        [ConsentOutcome.Connected] = (StatusCodes.Status200OK, "{0} account {1} is now connected with {2}. You can close this page. If that is not what you meant, remove the app in {0}."),
        [ConsentOutcome.Declined] = (StatusCodes.Status200OK, "{0} was not connected: you did not consent. You can close this page."),
        [ConsentOutcome.Expired] = (StatusCodes.Status400BadRequest, "This link was used before, or is older than ten minutes. Begin again."),
        [ConsentOutcome.Refused] = (StatusCodes.Status409Conflict, "{0} was not connected: it refused, or the account is another one than before. Begin again."),
    };

    private readonly int _status;
    private readonly string _text;
    private readonly string? _location;

    private ConsentAnswer(int status, string text, string? location) => (_status, _text, _location) = (status, text, location);

    /// <param name="result">Null where the platform, the vault or the database could not be asked.</param>
    /// <param name="returnUrl">Where the person goes on; as configured.</param>
    public static ConsentAnswer Of(Platform platform, ConsentResult? result, string? returnUrl)
    {
        var (status, text) = result is null
            ? (StatusCodes.Status503ServiceUnavailable, "{0} could not be connected at the moment. Begin again in a minute.")
            : Pages[result.Outcome];
        var word = result?.Outcome.ToName() ?? "unavailable";
        return returnUrl is null
            ? new(status, string.Format(System.Globalization.CultureInfo.InvariantCulture, text, platform, result?.Account, result?.Tenant), null)
            : new(StatusCodes.Status303SeeOther, "", returnUrl + Query(returnUrl, platform, word));
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = _status;
        response.Headers.CacheControl = "no-store";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        response.Headers.XContentTypeOptions = "nosniff";
        if (_location is not null)
        {
            response.Headers.Location = _location;
            return;
        }

        response.ContentType = "text/html; charset=utf-8";
        var page = $"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Forge CRM Sync</title><p>{WebUtility.HtmlEncode(_text)}</p></html>";
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes(page), httpContext.RequestAborted);
    }

    private static string Query(string url, Platform platform, string result)
    {
        var query = new QueryBuilder { { "platform", platform.ToName() }, { "result", result } }.ToString();
        return url.Contains('?', StringComparison.Ordinal) ? "&" + query[1..] : query;
    }
}
