using System.Net;
using System.Text;
using System.Text.Json;
using Forge.Crm.Adapters.Intake;
using Forge.Crm.Domain.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Forge.Crm.Functions.Api;

/// <summary>What a person sees who comes back from consenting: the configured place, or a small page that loads nothing and tells no other page anything.</summary>
internal sealed class ConsentAnswer : IResult
{
    private readonly int _status;
    private readonly string _text;
    private readonly string? _location;

    private ConsentAnswer(int status, string text, string? location) => (_status, _text, _location) = (status, text, location);

    /// <param name="code">Null where the person did not consent.</param>
    public static ConsentAnswer Of(Platform platform, string? state, string? code, IntakeOptions options)
    {
        var isConsent = state is not null && code is not null;
        if (options.ConsentReturnUrl is { } url)
            return new(StatusCodes.Status303SeeOther, "", url + Query(url, platform, isConsent ? "consented" : "declined") + (isConsent ? Fragment(state!, code!) : ""));
        return isConsent
            ? new(StatusCodes.Status200OK, $"{platform} is not connected yet. Within ten minutes, who began sends this with their own access token: {Finish(platform, state!, code!, options)} It opens the account: give it to nobody else.", null)
            : new(StatusCodes.Status200OK, $"{platform} was not connected: you did not consent. You can close this page.", null);
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

    // A browser sends what is behind '#' to no server, and names it to no other page.
    private static string Fragment(string state, string code) => $"#state={Uri.EscapeDataString(state)}&code={Uri.EscapeDataString(code)}";

    private static string Finish(Platform platform, string state, string code, IntakeOptions options) =>
        $"POST {options.PublicBaseUrl?.TrimEnd('/')}/api/v1/connections/{platform.ToName()}/oauth/finish {JsonSerializer.Serialize(new { state, code })}";
}
