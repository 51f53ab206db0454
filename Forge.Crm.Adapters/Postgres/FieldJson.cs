using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// Per-field values and stamps as JSON objects by field name. Most standard fields of a record share one stamp: it is written once under
/// <c>*</c>, and only the others are listed, which makes a freshly loaded record's row half as large. Custom fields are all listed: what one that
/// is mapped later has to be told from is one that was never shown.
/// </summary>
internal static class FieldJson
{
    /// <summary>The stamp of every field that is not listed.</summary>
    private const string Others = "*";

    /// <summary>The stamp of <c>deleted_at</c>: change capture tells a person's deletion from the engine's by it.</summary>
    private const string Deleted = "deleted";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static string Stamps(RecordShape shape, ImmutableArray<Stamp> stamps, Stamp? deleted = null)
    {
        var common = MostCommon(stamps.AsSpan()[..shape.StandardCount]);
        return Write(writer =>
        {
            if (!common.IsNone)
                writer.WriteString(Others, common.ToString());
            for (var i = 0; i < shape.Count; i++)
            {
                if (stamps[i] == common && i < shape.StandardCount)
                    continue;
                if (stamps[i].IsNone)
                    writer.WriteNull(shape.Fields[i].Name);
                else
                    writer.WriteString(shape.Fields[i].Name, stamps[i].ToString());
            }

            if (deleted is { } at)
                writer.WriteString(Deleted, at.ToString());
        });
    }

    /// <summary>Of a record. A custom field that is not listed has the common stamp, as in <c>crm_field_stamp</c>: a person made the record with it.</summary>
    public static ImmutableArray<Stamp> Stamps(RecordShape shape, string json) => Stamps(shape, json, shape.Count);

    /// <summary>Of a link. A custom field that is not listed was not mapped yet, and has none.</summary>
    public static ImmutableArray<Stamp> LinkStamps(RecordShape shape, string json) => Stamps(shape, json, shape.StandardCount);

    private static ImmutableArray<Stamp> Stamps(RecordShape shape, string json, int unlisted)
    {
        var stamps = new Stamp[shape.Count];
        foreach (var (name, text) in Read(json))
        {
            if (name == Others)
                Array.Fill(stamps, Stamp.Parse(text), 0, unlisted);
        }

        foreach (var (name, text) in Read(json))
        {
            if (shape.IndexOf(name) is >= 0 and var i)
                stamps[i] = Stamp.Parse(text);
        }

        return [.. stamps];
    }

    /// <summary>Values by name; a null value is left out, and is null again when read.</summary>
    public static string Values(RecordShape shape, ImmutableArray<string?> values) => Write(writer =>
    {
        for (var i = 0; i < shape.Count; i++)
        {
            if (values[i] is { } value)
                writer.WriteString(shape.Fields[i].Name, value);
        }
    });

    public static ImmutableArray<string?> Values(RecordShape shape, string json)
    {
        var values = new string?[shape.Count];
        foreach (var (name, text) in Read(json))
        {
            if (shape.IndexOf(name) is >= 0 and var i)
                values[i] = text;
        }

        return [.. values];
    }

    /// <summary>The custom fields of a record by key, as people would write them; a cleared one is an explicit null, so that merging objects clears it.</summary>
    public static string Custom(RecordShape shape, ImmutableArray<string?> values) => Write(writer =>
    {
        for (var i = shape.StandardCount; i < shape.Count; i++)
        {
            writer.WritePropertyName(shape.Fields[i].Key);
            WriteCustom(writer, shape.Fields[i].Type, values[i]);
        }
    });

    private static void WriteCustom(Utf8JsonWriter writer, FieldType type, string? value)
    {
        if (value is null)
            writer.WriteNullValue();
        else if (type is FieldType.Number or FieldType.WholeNumber && decimal.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            writer.WriteNumberValue(number);
        else if (type == FieldType.Flag && bool.TryParse(value, out var flag))
            writer.WriteBooleanValue(flag);
        else if (type == FieldType.Set)
            WriteMembers(writer, value.Split(';'));
        else
            writer.WriteStringValue(value); // what a person wrote may be of no type: the platform says so
    }

    private static void WriteMembers(Utf8JsonWriter writer, IEnumerable<string> members)
    {
        writer.WriteStartArray();
        foreach (var member in members)
            writer.WriteStringValue(member);
        writer.WriteEndArray();
    }

    public static void Custom(RecordShape shape, string json, string?[] values)
    {
        if (shape.StandardCount == shape.Count)
            return;
        foreach (var (key, text) in Read(json))
        {
            if (shape.IndexOf(Field.CustomPrefix + key) is >= 0 and var i)
                values[i] = shape.Fields[i].Type == FieldType.Set ? Members(text) : text;
        }
    }

    /// <summary>What platforms show of an association, by platform.</summary>
    public static string Bases(ImmutableDictionary<Platform, AssociationBase> bases) => Write(writer =>
    {
        foreach (var (platform, shown) in bases)
        {
            writer.WriteStartObject(platform.ToName());
            writer.WriteBoolean("shown", shown.IsShown);
            writer.WriteBoolean("primary", shown.IsPrimary);
            if (shown.WrittenAt is { } at)
                writer.WriteString("written", at.UtcDateTime);
            writer.WriteEndObject();
        }
    });

    public static ImmutableDictionary<Platform, AssociationBase> Bases(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateObject().ToImmutableDictionary(p => Names.Parse<Platform>(p.Name), p => new AssociationBase(
            p.Value.GetProperty("shown").GetBoolean(), p.Value.GetProperty("primary").GetBoolean(),
            p.Value.TryGetProperty("written", out var written) ? written.GetDateTimeOffset() : null));
    }

    private static Stamp MostCommon(ReadOnlySpan<Stamp> stamps)
    {
        var (best, count) = (Stamp.None, 0);
        foreach (var stamp in stamps)
        {
            if (stamp == best || stamp.IsNone)
                continue;
            var same = stamps.Count(stamp);
            if (same > count)
                (best, count) = (stamp, same);
            if (count * 2 > stamps.Length)
                break;
        }

        return best;
    }

    /// <summary>An object with these members.</summary>
    internal static string Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static List<(string Name, string? Text)> Read(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        var members = new List<(string, string?)>();
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            members.Add((name, Scalar(ref reader)));
        }

        return members;
    }

    // A person may have written a set as an array.
    private static string? Members(string? text)
    {
        if (text is not ['[', ..])
            return text;
        try
        {
            using var array = JsonDocument.Parse(text);
            return string.Join(';', array.RootElement.EnumerateArray().Select(member => member.ToString()));
        }
        catch (JsonException)
        {
            return text;
        }
    }

    // A person may have put a number, a flag or an object into custom_fields.
    private static string? Scalar(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.String)
            return reader.GetString();
        if (reader.TokenType is JsonTokenType.Null)
            return null;
        using var value = JsonDocument.ParseValue(ref reader);
        return value.RootElement.GetRawText();
    }
}
