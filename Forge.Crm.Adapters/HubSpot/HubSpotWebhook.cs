using System.Collections.Immutable;
using System.Text.Json;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Splits the body of an authentic webhook into its events. A bad event does not sink its neighbours.</summary>
public static class HubSpotWebhook
{
    public const int MaxDepth = 32;

    /// <summary>HubSpot sends at most 100; ten times that is somebody else's idea of a batch.</summary>
    public const int MaxEvents = 1_000;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = MaxDepth };

    /// <param name="body">The raw bytes, after their signature was found valid.</param>
    public static HubSpotBatch Split(ReadOnlyMemory<byte> body, DateTimeOffset receivedAt)
    {
        var deliveries = ImmutableArray.CreateBuilder<HubSpotDelivery>();
        try
        {
            var reader = new Utf8JsonReader(body.Span, Strict);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
                return new([], "The body is not a JSON array.");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (deliveries.Count == MaxEvents)
                    return new([], $"The array has more than {MaxEvents} events.");
                deliveries.Add(Next(ref reader, body, receivedAt));
            }

            while (reader.Read())
            {
                // Whatever follows the array is a JsonException.
            }

            return new(deliveries.ToImmutable());
        }
        catch (JsonException)
        {
            return new([], $"The body is not JSON, or nested deeper than {MaxDepth} levels.");
        }
    }

    /// <summary>Reads one event from the bytes that the journal holds of it.</summary>
    public static HubSpotDelivery Read(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt)
    {
        try
        {
            var reader = new Utf8JsonReader(raw.Span, Strict);
            return reader.Read() ? Next(ref reader, raw, receivedAt) : HubSpotEventReader.Unreadable(raw, null, receivedAt, "is empty");
        }
        catch (JsonException)
        {
            return HubSpotEventReader.Unreadable(raw, null, receivedAt, "is not JSON");
        }
    }

    private static HubSpotDelivery Next(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, DateTimeOffset receivedAt)
    {
        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return HubSpotEventReader.Unreadable(body[start..(int)reader.BytesConsumed], null, receivedAt, "is not an object");
        }

        Span<HubSpotElement.Value> values = stackalloc HubSpotElement.Value[HubSpotElement.MemberCount];
        HubSpotElement.Read(ref reader, start, values);
        var raw = body[start..(int)reader.BytesConsumed];
        return HubSpotEventReader.Read(new HubSpotElement(raw.Span, values), raw, receivedAt);
    }
}
