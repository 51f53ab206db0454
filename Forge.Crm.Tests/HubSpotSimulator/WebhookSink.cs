using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.HubSpotSimulation;

/// <summary>An app's end of the webhooks: keeps every delivery, and answers as it is told.</summary>
internal sealed class WebhookSink : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<Delivery> deliveries = [];

    private WebhookSink(WebApplication app) => this.app = app;

    /// <summary>Decides the answer of the n-th request; default: always 200.</summary>
    public Func<int, int> Status { get; set; } = _ => 200;

    public Uri Address { get; private set; } = null!;
    public IReadOnlyList<Delivery> Deliveries => [.. deliveries];

    /// <summary>What was accepted, in the order in which it happened: deliveries run side by side and overtake one another.</summary>
    public JsonElement[] Events => [.. Arrived.OrderBy(item => item.GetProperty("eventId").GetInt64())];

    /// <summary>What was accepted, in the order in which it came.</summary>
    public IEnumerable<JsonElement> Arrived => deliveries.Where(delivery => delivery.Status == 200).SelectMany(delivery => delivery.Events);

    public static async Task<WebhookSink> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRouting();
        var app = builder.Build();
        var sink = new WebhookSink(app);
        app.MapFallback("{*path}", (RequestDelegate)sink.ReceiveAsync);
        await app.StartAsync();
        sink.Address = new Uri(app.Urls.First());
        return sink;
    }

    public string[] Types() => [.. Events.Select(item => item.GetProperty("subscriptionType").GetString()!)];

    public JsonElement[] OfType(string type) => [.. Events.Where(item => item.GetProperty("subscriptionType").GetString() == type)];

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var status = Status(deliveries.Count);
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        deliveries.Enqueue(new(context.Request.Path + context.Request.QueryString, headers, body.ToArray(), status));
        context.Response.StatusCode = status;
    }
}

internal sealed record Delivery(string Target, Dictionary<string, string> Headers, byte[] Body, int Status)
{
    public JsonElement[] Events => [.. JsonDocument.Parse(Body).RootElement.EnumerateArray()];
}
