using System.Buffers;
using System.Globalization;
using System.Runtime.Serialization;
using System.Text;
using System.Text.Json;

namespace Forge.Crm.LocalAzure.Bus;

/// <summary>Application properties as JSON that keeps their types: <c>{"attempt": ["int", "3"]}</c>.</summary>
internal static class PropertyText
{
    /// <summary>A type and its code in the text. A code is never renamed: there may be messages in a queue.</summary>
    private sealed record Kind(string Code, Type Type, Func<object, string> Write, Func<string, object> Read);

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    private static readonly Kind[] Kinds =
    [
        new("string", typeof(string), v => (string)v, t => t),
        new("bool", typeof(bool), v => (bool)v ? "true" : "false", t => t == "true"),
        new("int", typeof(int), Number, t => int.Parse(t, Plain)),
        new("long", typeof(long), Number, t => long.Parse(t, Plain)),
        new("byte", typeof(byte), Number, t => byte.Parse(t, Plain)),
        new("sbyte", typeof(sbyte), Number, t => sbyte.Parse(t, Plain)),
        new("short", typeof(short), Number, t => short.Parse(t, Plain)),
        new("ushort", typeof(ushort), Number, t => ushort.Parse(t, Plain)),
        new("uint", typeof(uint), Number, t => uint.Parse(t, Plain)),
        new("ulong", typeof(ulong), Number, t => ulong.Parse(t, Plain)),
        new("float", typeof(float), Number, t => float.Parse(t, Plain)),
        new("double", typeof(double), Number, t => double.Parse(t, Plain)),
        new("decimal", typeof(decimal), Number, t => decimal.Parse(t, Plain)),
        new("char", typeof(char), v => ((ushort)(char)v).ToString(Plain), t => (char)ushort.Parse(t, Plain)),
        new("guid", typeof(Guid), v => ((Guid)v).ToString(), t => Guid.Parse(t)),
        new("uri", typeof(Uri), v => ((Uri)v).AbsoluteUri, t => new Uri(t)),
        new("time", typeof(DateTime), v => ((DateTime)v).ToBinary().ToString(Plain), t => DateTime.FromBinary(long.Parse(t, Plain))),
        new("offset", typeof(DateTimeOffset), v => ((DateTimeOffset)v).UtcTicks.ToString(Plain),
            t => new DateTimeOffset(long.Parse(t, Plain), TimeSpan.Zero)),
        new("span", typeof(TimeSpan), v => ((TimeSpan)v).Ticks.ToString(Plain), t => TimeSpan.FromTicks(long.Parse(t, Plain))),
    ];

    private static readonly Dictionary<Type, Kind> ByType = Kinds.ToDictionary(kind => kind.Type);
    private static readonly Dictionary<string, Kind> ByCode = Kinds.ToDictionary(kind => kind.Code);

    /// <returns>Null for no properties at all, the usual case.</returns>
    /// <exception cref="SerializationException">A value of a type that Service Bus does not carry.</exception>
    public static string? Write(IEnumerable<KeyValuePair<string, object>> properties)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        foreach (var (name, value) in properties)
            WriteProperty(json, name, value);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenCount == 2 ? null : Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static Dictionary<string, object> Read(string? text)
    {
        var properties = new Dictionary<string, object>();
        if (text is null)
            return properties;
        using var json = JsonDocument.Parse(text);
        foreach (var property in json.RootElement.EnumerateObject())
            properties[property.Name] = property.Value.ValueKind == JsonValueKind.Null
                ? null!
                : ByCode[property.Value[0].GetString()!].Read(property.Value[1].GetString()!);
        return properties;
    }

    private static void WriteProperty(Utf8JsonWriter json, string name, object? value)
    {
        json.WritePropertyName(name);
        if (value is null)
        {
            json.WriteNullValue();
            return;
        }
        if (!ByType.TryGetValue(value.GetType(), out var kind))
            throw new SerializationException(
                $"The application property '{name}' is a {value.GetType()}, which a Service Bus message cannot carry.");
        json.WriteStartArray();
        json.WriteStringValue(kind.Code);
        json.WriteStringValue(kind.Write(value));
        json.WriteEndArray();
    }

    private static string Number(object value) => ((IFormattable)value).ToString(null, Plain);
}
