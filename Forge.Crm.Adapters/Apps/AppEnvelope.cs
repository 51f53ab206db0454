using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Apps;

/// <summary>A message of an app: the envelope (CloudEvents 1.0 in structured JSON) as it is published, and the data as it came.</summary>
internal sealed record AppEnvelope(string Id, string Source, string Type, DateTimeOffset Time, string DataSchema, TenantId Tenant, JsonElement Data)
{
    // A name twice could mean one thing here and another to whoever reads next.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <returns>Null where it is none.</returns>
    public static AppEnvelope? Read(ReadOnlyMemory<byte> body)
    {
        if (JsonText.Flaw(body.Span) is not null)
            return null;
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            return AppContract.EnvelopeFault(document.RootElement) is null ? Of(document.RootElement) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The same for every delivery of one event. A hash: an app's ids may be long, and nothing of them outlives an erasure.</summary>
    public string EventKey(PlatformApp app) =>
        $"{app.ToName()}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Source.Length}:{Source}{Id}")))}";

    private static AppEnvelope? Of(JsonElement json)
    {
        string Text(string name) => json.GetProperty(name).GetString()!;
        return DateTimeOffset.TryParse(Text("time"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && Guid.TryParseExact(Text("tenantid"), "D", out var tenant)
            ? new(Text("id"), Text("source"), Text("type"), time, Text("dataschema"), new(tenant), json.GetProperty("data").Clone())
            : null;
    }
}
