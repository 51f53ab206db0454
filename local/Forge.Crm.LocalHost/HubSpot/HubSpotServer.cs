using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>What every request passes: faults, authorisation, scopes, limits, the handler under the account's gate, errors, the ledger.</summary>
internal sealed class HubSpotServer(HubSpotSimulatorOptions options, HubSpotTokens tokens, HubSpotRequestLedger ledger)
{
    private const string Json = "application/json;charset=utf-8";
    private static readonly JsonWriterOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public HubSpotTokens Tokens => tokens;
    public HubSpotSimulatorOptions Options => options;

    /// <summary>For routes that need a bearer token.</summary>
    public Task ApiAsync(HttpContext context, string route, HubSpotHandler handler) => RunAsync(context, route, async (body, json) =>
    {
        var token = Authorise(context.Request);
        context.Items[nameof(HubSpotAccount)] = token.Account;
        HubSpotScopes.Check(token, context.Request);
        var isSearch = route.EndsWith("/search", StringComparison.Ordinal);
        if (token.Account.Limits.Admit(token, isSearch, context.Response.Headers) is { } limited)
            throw limited;
        using var document = await ParseAsync(context.Request, body);
        lock (token.Account.Gate)
            return handler(new HubSpotCall(context.Request, token, document?.RootElement ?? default), json);
    });

    /// <summary>For OAuth's own routes, which take a form.</summary>
    public Task FormAsync(HttpContext context, string route, Func<IFormCollection, Utf8JsonWriter, int> handler) =>
        RunAsync(context, route, async (_, json) => handler(
            context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : FormCollection.Empty, json));

    public Task UnknownAsync(HttpContext context) =>
        RunAsync(context, "unknown", (_, _) => throw HubSpotProblem.NotFound());

    private async Task RunAsync(HttpContext context, string route, Func<BodySize, Utf8JsonWriter, Task<int>> work)
    {
        var received = options.Time.GetUtcNow();
        var size = new BodySize();
        var fault = options.Faults.Take(context.Request.Method, context.Request.Path);
        await Task.Delay(options.Faults.Latency + (fault is { AfterWork: false } ? fault.Delay : TimeSpan.Zero), options.Time, context.RequestAborted);
        var buffer = new ArrayBufferWriter<byte>(4096);
        var replaced = fault is { DropConnection: true } or { Status: not null };
        var status = replaced && !fault!.AfterWork ? 0 : await AnswerAsync(buffer, size, work);
        status = replaced ? fault!.DropConnection ? 0 : fault.Status!.Value : status;
        await Task.Delay(fault is { AfterWork: true } ? fault.Delay : TimeSpan.Zero, options.Time, context.RequestAborted);
        ledger.Add(Entry(context, route, received, status, size.Bytes));
        if (replaced)
            await ReplaceAsync(context, fault!);
        else
            await SendAsync(context.Response, status, buffer.WrittenMemory, Json, context.RequestAborted);
    }

    private static async Task<int> AnswerAsync(ArrayBufferWriter<byte> buffer, BodySize size, Func<BodySize, Utf8JsonWriter, Task<int>> work)
    {
        await using var json = new Utf8JsonWriter(buffer, Unescaped);
        try
        {
            return await work(size, json);
        }
        catch (HubSpotProblem problem)
        {
            json.Reset();
            buffer.ResetWrittenCount();
            problem.Write(json);
            return problem.Status;
        }
        catch (Exception unforeseen) when (unforeseen is not OperationCanceledException and not IOException)
        {
            // A defect of the simulator: its tests must see where, since there is no log.
            json.Reset();
            buffer.ResetWrittenCount();
            new HubSpotProblem(500, "INTERNAL_ERROR", unforeseen.ToString()).Write(json);
            return 500;
        }
    }

    private static async Task ReplaceAsync(HttpContext context, HubSpotFault fault)
    {
        if (fault.DropConnection)
        {
            context.Abort();
            return;
        }
        foreach (var (name, value) in fault.Headers)
            context.Response.Headers[name] = value;
        await SendAsync(
            context.Response, fault.Status!.Value, System.Text.Encoding.UTF8.GetBytes(fault.Body), fault.ContentType, context.RequestAborted);
    }

    private static async Task SendAsync(
        HttpResponse response, int status, ReadOnlyMemory<byte> body, string contentType, CancellationToken ct)
    {
        response.StatusCode = status;
        if (body.IsEmpty)
            return;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, ct);
    }

    private static async Task<JsonDocument?> ParseAsync(HttpRequest request, BodySize size)
    {
        if (request.ContentLength is null or 0 && !request.Headers.ContainsKey("Transfer-Encoding"))
            return null;
        using var bytes = new MemoryStream((int)(request.ContentLength ?? 1024));
        await request.Body.CopyToAsync(bytes, request.HttpContext.RequestAborted);
        size.Bytes = (int)bytes.Length;
        if (size.Bytes == 0)
            return null;
        try
        {
            return JsonDocument.Parse(bytes.ToArray());
        }
        catch (JsonException broken)
        {
            throw HubSpotProblem.InvalidJson(broken.Message);
        }
    }

    private HubSpotToken Authorise(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        var token = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? tokens.FindAccess(header[7..].Trim()) : null;
        if (token is null)
            throw new HubSpotProblem(401, "INVALID_AUTHENTICATION",
                "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at " +
                "https://developers.hubspot.com/docs/methods/auth/oauth-overview");
        if (token.ExpiresAt is not { } expiry || options.Time.GetUtcNow() is var now && now < expiry)
            return token;
        throw new HubSpotProblem(401, "EXPIRED_AUTHENTICATION",
            $"The OAuth token used to make this call expired {(long)(now - expiry).TotalSeconds} second(s) ago.")
        {
            Context = new() { ["expire time"] = [HubSpotTime.Text(expiry.ToUnixTimeMilliseconds())] },
        };
    }

    private static HubSpotRequest Entry(HttpContext context, string route, DateTimeOffset at, int status, int bytes) => new(
        at,
        context.Request.Method,
        context.Request.Path,
        context.Request.QueryString.Value ?? "",
        route,
        (context.Items[nameof(HubSpotAccount)] as HubSpotAccount)?.PortalId ?? 0,
        status,
        bytes);

    private sealed class BodySize
    {
        public int Bytes { get; set; }
    }
}
