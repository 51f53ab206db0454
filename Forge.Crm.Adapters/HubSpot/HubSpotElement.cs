using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>The members of a webhook event that we read.</summary>
internal enum HubSpotMember
{
    EventId,
    SubscriptionId,
    PortalId,
    OccurredAt,
    SubscriptionType,
    EventType,
    ObjectId,
    ObjectTypeId,
    PropertyName,
    PropertyValue,
    ChangeSource,
    SourceId,
    PrimaryObjectId,
    NewObjectId,
    MergedObjectIds,
    AssociationType,
    FromObjectId,
    ToObjectId,
    FromObjectTypeId,
    ToObjectTypeId,
}

/// <summary>One event's bytes and where its members' values stand in them: nothing is copied before it is wanted.</summary>
internal readonly ref struct HubSpotElement(ReadOnlySpan<byte> raw, Span<HubSpotElement.Value> values)
{
    public static readonly int MemberCount = Enum.GetValues<HubSpotMember>().Length;

    private static readonly byte[][] Names =
        [.. Enum.GetNames<HubSpotMember>().Select(name => Encoding.UTF8.GetBytes(JsonNamingPolicy.CamelCase.ConvertName(name)))];

    private readonly ReadOnlySpan<byte> _raw = raw;
    private readonly Span<Value> _values = values;

    /// <summary>The element's own bytes.</summary>
    public ReadOnlySpan<byte> Raw => _raw;

    /// <summary>Reads the object that the reader stands on, to its end. A member that is given twice counts as given last.</summary>
    /// <param name="offset">Where the element starts in the reader's input.</param>
    /// <param name="values">By member; filled here.</param>
    public static void Read(ref Utf8JsonReader reader, int offset, scoped Span<Value> values)
    {
        values.Clear();
        var expected = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = Find(reader.ValueSpan, expected);
            reader.Read();
            var start = (int)reader.TokenStartIndex - offset;
            var type = reader.TokenType;
            var isEscaped = type == JsonTokenType.String && reader.ValueIsEscaped;
            reader.Skip();
            if (member < 0)
                continue;
            values[member] = new(start, (int)reader.BytesConsumed - offset - start, type, isEscaped);
            expected = member + 1;
        }
    }

    public bool Has(HubSpotMember member) => _values[(int)member].Type is not JsonTokenType.None and not JsonTokenType.Null;

    /// <summary>The bytes between a string's quotes, where they need no unescaping; else empty.</summary>
    public ReadOnlySpan<byte> Plain(HubSpotMember member) =>
        _values[(int)member] is { Type: JsonTokenType.String, IsEscaped: false } value ? _raw.Slice(value.Start + 1, value.Length - 2) : default;

    public string? Text(HubSpotMember member)
    {
        var value = _values[(int)member];
        if (value.Type != JsonTokenType.String)
            return null;
        var reader = new Utf8JsonReader(_raw.Slice(value.Start, value.Length));
        reader.Read();
        return reader.GetString();
    }

    /// <summary>A whole number that is not negative, given as a number or as a string of digits.</summary>
    public long? Number(HubSpotMember member)
    {
        var digits = Digits(member);
        return Utf8Parser.TryParse(digits, out long number, out var length) && length == digits.Length ? number : null;
    }

    /// <summary>An array's numbers (or strings of digits), or the one number that stands in its place; null where there is anything else.</summary>
    public List<string>? Ids(HubSpotMember member)
    {
        var value = _values[(int)member];
        var ids = new List<string>();
        if (!Has(member))
            return ids;
        var reader = new Utf8JsonReader(_raw.Slice(value.Start, value.Length));
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray)
                continue;
            if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String)
                || !Utf8Parser.TryParse(reader.ValueSpan, out ulong id, out var length) || length != reader.ValueSpan.Length)
            {
                return null;
            }

            ids.Add(id.ToString(CultureInfo.InvariantCulture));
        }

        return ids;
    }

    private ReadOnlySpan<byte> Digits(HubSpotMember member)
    {
        var value = _values[(int)member];
        var digits = value.Type switch
        {
            JsonTokenType.Number => _raw.Slice(value.Start, value.Length),
            JsonTokenType.String => Plain(member),
            _ => default,
        };
        return digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') ? default : digits;
    }

    // HubSpot writes the members in much the same order every time: the search starts where the last one was found.
    private static int Find(ReadOnlySpan<byte> name, int expected)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            var member = (expected + i) % Names.Length;
            if (name.SequenceEqual(Names[member]))
                return member;
        }

        return -1;
    }

    /// <param name="Start">Of the token with its quotes, from the element's first byte.</param>
    internal readonly record struct Value(int Start, int Length, JsonTokenType Type, bool IsEscaped);
}
