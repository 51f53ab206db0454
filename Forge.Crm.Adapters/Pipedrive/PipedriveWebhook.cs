using System.Security.Cryptography;
using System.Text.Json;
using Forge.Crm.Domain.Events;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>Reads the body of an authentic webhook: one event, of version 2 or of version 1.</summary>
public static class PipedriveWebhook
{
    public const int MaxDepth = 32;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaxDepth };

    /// <summary>Never throws: a body that cannot be read is journaled as such, since ten refused deliveries would stop all of the webhook's.</summary>
    public static PipedriveDelivery Read(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt)
    {
        try
        {
            if (JsonText.Flaw(raw.Span) is { } flaw)
                return Unreadable(raw, null, receivedAt, flaw);
            using var document = JsonDocument.Parse(raw, Strict);
            var told = PipedriveTold.Of(document.RootElement, receivedAt);
            var delivery = told.Flaw is { } missing ? Unreadable(raw, told.CompanyId, receivedAt, missing) : Delivery(raw, told, receivedAt);
            return delivery with { IsRetry = told.IsRetry };
        }
        catch (JsonException)
        {
            return Unreadable(raw, null, receivedAt, $"is not JSON, or nested deeper than {MaxDepth} levels");
        }
    }

    private static PipedriveDelivery Delivery(ReadOnlyMemory<byte> raw, PipedriveTold told, DateTimeOffset receivedAt) =>
        PipedriveEventReader.Read(told) is { } change
            ? new(raw, told.CompanyId, told.EventKey, change with { ReceivedAt = receivedAt })
            : new(raw, told.CompanyId, told.EventKey, new(ChangeType.Unknown, null, told.OccurredAt), PipedriveReading.NotUsed, "type not used");

    private static PipedriveDelivery Unreadable(ReadOnlyMemory<byte> raw, string? company, DateTimeOffset receivedAt, string reason) => new(
        raw, company, $"{company ?? "-"}:sha256:{Convert.ToHexStringLower(SHA256.HashData(raw.Span))}",
        new(ChangeType.Unknown, null, receivedAt), PipedriveReading.Unreadable, $"The event {reason}.");
}
