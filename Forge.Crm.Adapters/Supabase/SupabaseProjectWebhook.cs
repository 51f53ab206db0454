using System.Security.Cryptography;
using System.Text.Json;
using Forge.Crm.Domain.Events;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>Reads the body of an authentic database webhook: <c>{type, table, schema, record, old_record}</c>.</summary>
internal static class SupabaseProjectWebhook
{
    public const int MaxDepth = 32;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaxDepth };

    /// <summary>Never throws: what cannot be read is journaled as such, since it is sent only once.</summary>
    public static SupabaseProjectDelivery Read(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt, SupabaseProjectMapping mapping)
    {
        try
        {
            if (JsonText.Flaw(raw.Span) is { } flaw)
                return Unreadable(raw, receivedAt, flaw);
            using var document = JsonDocument.Parse(raw, Strict);
            return SupabaseProjectEventReader.Flaw(document.RootElement) is { } missing
                ? Unreadable(raw, receivedAt, missing)
                : Delivery(raw, document.RootElement, receivedAt, mapping);
        }
        catch (JsonException)
        {
            return Unreadable(raw, receivedAt, $"is not JSON, or nested deeper than {MaxDepth} levels");
        }
    }

    private static SupabaseProjectDelivery Delivery(ReadOnlyMemory<byte> raw, JsonElement root, DateTimeOffset receivedAt, SupabaseProjectMapping mapping)
    {
        var (change, reason) = SupabaseProjectEventReader.Read(root, receivedAt, mapping);
        return change is not null
            ? new(raw, Key(raw), change with { ReceivedAt = receivedAt })
            : new(raw, Key(raw), new(ChangeType.Unknown, null, receivedAt), SupabaseProjectReading.NotUsed, reason);
    }

    private static SupabaseProjectDelivery Unreadable(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt, string reason) =>
        new(raw, Key(raw), new(ChangeType.Unknown, null, receivedAt), SupabaseProjectReading.Unreadable, $"The event {reason}.");

    // It has no id of its own. The rows in it tell one edit from the next by their time, and a delivery that came twice is the same bytes.
    private static string Key(ReadOnlyMemory<byte> raw) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(raw.Span))}";
}
