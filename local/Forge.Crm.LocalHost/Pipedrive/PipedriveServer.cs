using System.Net.Mime;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>What every request passes: faults, authorisation, limits, the handler under the account's gate, errors, the ledger.</summary>
internal sealed class PipedriveServer(PipedriveSimulatorOptions options, PipedriveTokens tokens, PipedriveRequestLedger ledger)
{
    private const string Json = "application/json; charset=utf-8";
    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public PipedriveTokens Tokens => tokens;
    public PipedriveSimulatorOptions Options => options;

    /// <summary>For routes that need a token.</summary>
    /// <param name="cost">What the request takes from the company's daily budget.</param>
    public Task ApiAsync(HttpContext context, string route, int cost, PipedriveHandler handler) => RunAsync(context, route, async size =>
    {
        var token = Authorise(context.Request);
        context.Items[nameof(PipedriveAccount)] = token.Account;
        var isSearch = route.EndsWith("earch", StringComparison.Ordinal);
        if (token.Account.Limits.Admit(token, cost, isSearch, context.Response.Headers) is { } limited)
            throw limited;
        var call = new PipedriveCall(context.Request, token, await ParseAsync(context.Request, size));
        lock (token.Account.Gate)
            return (Encode(handler(call)), call.Status);
    });

    /// <summary>For OAuth, which takes a form.</summary>
    public Task FormAsync(HttpContext context, string route, Func<HttpRequest, IFormCollection, JsonObject> handler) => RunAsync(context, route, async _ =>
        (Encode(handler(context.Request, await context.Request.ReadFormAsync(context.RequestAborted))), 200));

    public Task UnknownAsync(HttpContext context) =>
        RunAsync(context, "unknown", _ => throw new PipedriveProblem(404, "Unknown method .", PipedriveProblem.ReferTo));

    private async Task RunAsync(HttpContext context, string route, Func<BodySize, Task<(byte[] Body, int Status)>> work)
    {
        var received = options.Time.GetUtcNow();
        var size = new BodySize();
        var fault = options.Faults.Take(context.Request.Method, context.Request.Path);
        await Task.Delay(options.Faults.Latency + (fault is { AfterWork: false } ? fault.Delay : TimeSpan.Zero), options.Time, context.RequestAborted);
        var isReplaced = fault is { DropConnection: true } or { Status: not null };
        var (body, status) = isReplaced && !fault!.AfterWork ? ([], 0) : await AnswerAsync(size, work);
        status = isReplaced ? fault!.DropConnection ? 0 : fault.Status!.Value : status;
        await Task.Delay(fault is { AfterWork: true } ? fault.Delay : TimeSpan.Zero, options.Time, context.RequestAborted);
        ledger.Add(Entry(context, route, received, status, size.Bytes));
        if (isReplaced)
            await ReplaceAsync(context, fault!);
        else
            await SendAsync(context.Response, status, body, body is [(byte)'<', ..] ? MediaTypeNames.Text.Html : Json, context.RequestAborted);
    }

    private static async Task<(byte[], int)> AnswerAsync(BodySize size, Func<BodySize, Task<(byte[], int)>> work)
    {
        try
        {
            return await work(size);
        }
        catch (PipedriveProblem problem)
        {
            // The network in front of Pipedrive answers with a page.
            return (problem.Message.StartsWith('<') ? Encoding.UTF8.GetBytes(problem.Message) : Encode(problem.Body()), problem.Status);
        }
        catch (Exception unforeseen) when (unforeseen is not OperationCanceledException and not IOException)
        {
            // A defect of the simulator: its tests must see where, since there is no log.
            return (Encode(new PipedriveProblem(500, unforeseen.ToString()).Body()), 500);
        }
    }

    private static async Task ReplaceAsync(HttpContext context, PipedriveFault fault)
    {
        if (fault.DropConnection)
        {
            context.Abort();
            return;
        }
        foreach (var (name, value) in fault.Headers)
            context.Response.Headers[name] = value;
        await SendAsync(context.Response, fault.Status!.Value, Encoding.UTF8.GetBytes(fault.Body), fault.ContentType, context.RequestAborted);
    }

    private static async Task SendAsync(HttpResponse response, int status, byte[] body, string contentType, CancellationToken ct)
    {
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, ct);
    }

    private static byte[] Encode(JsonObject body) => JsonSerializer.SerializeToUtf8Bytes(body, Unescaped);

    private static async Task<JsonNode?> ParseAsync(HttpRequest request, BodySize size)
    {
        using var bytes = new MemoryStream();
        await request.Body.CopyToAsync(bytes, request.HttpContext.RequestAborted);
        size.Bytes = (int)bytes.Length;
        try
        {
            return size.Bytes == 0 ? null : JsonNode.Parse(bytes.ToArray());
        }
        catch (JsonException)
        {
            throw PipedriveProblem.Invalid("Request body is not valid JSON");
        }
    }

    private PipedriveToken Authorise(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        var text = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : request.Headers["x-api-token"].ToString();
        var token = tokens.Find(text);
        return token is not null && !(token.ExpiresAt <= options.Time.GetUtcNow())
            ? token
            : throw new PipedriveProblem(401, "unauthorized access", PipedriveProblem.ReferTo);
    }

    private static PipedriveRequest Entry(HttpContext context, string route, DateTimeOffset at, int status, int bytes) => new(
        at, context.Request.Method, context.Request.Path, context.Request.QueryString.Value ?? "", route,
        (context.Items[nameof(PipedriveAccount)] as PipedriveAccount)?.CompanyId ?? 0, status, bytes);

    private sealed class BodySize
    {
        public int Bytes { get; set; }
    }
}
