using Forge.Crm.Adapters.Intake;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Forge.Crm.Functions.Webhooks;

/// <summary>Reads a webhook's raw bytes, or says with which status it is refused before anything looks at them.</summary>
internal static class WebhookRequest
{
    public const int MaxBodyBytes = 1024 * 1024;

    // A sender has a few seconds for the whole exchange; who takes longer only wants to hold a connection.
    private static readonly TimeSpan ReadTime = TimeSpan.FromSeconds(10);
    private const int FirstBufferBytes = 16 * 1024;

    /// <returns>The delivery, or the status code that it is refused with.</returns>
    public static async Task<(WebhookDelivery? Delivery, int Refused)> ReadAsync(HttpRequest request, string? connectionKey, CancellationToken ct)
    {
        if (!IsPlainJson(request.Headers))
            return (null, StatusCodes.Status415UnsupportedMediaType);
        if (request.ContentLength > MaxBodyBytes)
            return (null, StatusCodes.Status413PayloadTooLarge);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(ReadTime);
        try
        {
            var body = await ReadAsync(request.Body, (int)(request.ContentLength ?? 0), deadline.Token);
            return body is { } bytes
                ? (new(request.Method, Target(request), request.Headers, bytes, connectionKey), 0)
                : (null, StatusCodes.Status413PayloadTooLarge);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (null, StatusCodes.Status408RequestTimeout);
        }
        catch (BadHttpRequestException e)
        {
            return (null, e.StatusCode);
        }
        catch (IOException)
        {
            return (null, StatusCodes.Status400BadRequest);
        }
    }

    /// <returns>Null where there is more than is allowed; the rest is not read.</returns>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(Stream body, int expected, CancellationToken ct)
    {
        // A length that is announced is not yet sent: memory grows with what really comes. One byte more, to see the end without growing.
        var buffer = new byte[Math.Min(expected + 1, FirstBufferBytes)];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
                Array.Resize(ref buffer, Math.Min(Math.Max(buffer.Length * 2, FirstBufferBytes), MaxBodyBytes + 1));
            var read = await body.ReadAsync(buffer.AsMemory(length), ct);
            if (read == 0)
                return buffer.AsMemory(0, length);
            length += read;
            if (length > MaxBodyBytes)
                return null;
        }
    }

    private static bool IsPlainJson(IHeaderDictionary headers) =>
        headers.ContentEncoding.All(coding => string.Equals(coding, "identity", StringComparison.OrdinalIgnoreCase))
        && headers.ContentType is [{ } only]
        && MediaTypeHeaderValue.TryParse(only, out var type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// The request line's own target: <c>Path</c> is unescaped and without a prefix, and would no longer be what was signed. (A proxy's
    /// absolute form fails the signature, as it should.)
    /// </summary>
    private static string Target(HttpRequest request) => request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
}
