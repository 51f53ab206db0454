using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Forge.Crm.Tests.Functions;

/// <summary>A webhook as HubSpot would send it; a test then breaks the one thing that it is about.</summary>
internal sealed record SignedWebhook(byte[] Body, string Path = "/webhooks/hubspot", string Secret = FunctionsServer.AppSecret)
{
    public SignedWebhook(string body, string path = "/webhooks/hubspot", string secret = FunctionsServer.AppSecret)
        : this(Encoding.UTF8.GetBytes(body), path, secret)
    {
    }

    public string Timestamp { get; init; } = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    /// <summary>Null: the right one.</summary>
    public string? Signature { get; init; }

    public string ContentType { get; init; } = "application/json";

    public HttpRequestMessage ToRequest()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new ByteArrayContent(Body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(ContentType);
        request.Headers.Add("X-HubSpot-Signature-v3", Signature ?? Sign());
        request.Headers.Add("X-HubSpot-Request-Timestamp", Timestamp);
        return request;
    }

    public string Sign()
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes("POST" + FunctionsServer.PublicBaseUrl + Path), .. Body, .. Encoding.ASCII.GetBytes(Timestamp)];
        return Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed));
    }

    /// <summary>An event that says that a contact's property changed.</summary>
    public static string Event(long portal, long contact, long id = 1) =>
        $$"""
        {"eventId":{{id}},"subscriptionId":7,"portalId":{{portal}},"appId":1,"occurredAt":1790000000123,"attemptNumber":0,"subscriptionType":"contact.propertyChange","objectId":{{contact}},"propertyName":"firstname","propertyValue":"Zoë"}
        """;

    public static string Batch(long portal, int events) =>
        $"[{string.Join(',', Enumerable.Range(1, events).Select(i => Event(portal, 700 + i, i)))}]";
}
