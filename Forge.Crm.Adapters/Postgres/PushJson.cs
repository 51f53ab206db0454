using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>What a link keeps of our own writes, by field name; null where there is none, which is the rule.</summary>
internal static class PushJson
{
    public static string? Sent(RecordShape shape, ImmutableDictionary<int, Sent> sent) => sent.IsEmpty ? null : FieldJson.Write(writer =>
    {
        foreach (var (i, push) in sent)
        {
            writer.WriteStartArray(shape.Fields[i].Name);
            writer.WriteStringValue(push.Value);
            writer.WriteStringValue(push.Stamp.ToString());
            writer.WriteStringValue(push.Known.UtcDateTime);
            foreach (var edit in push.Heard.IsDefault ? [] : push.Heard)
                writer.WriteStringValue(edit.UtcDateTime);
            writer.WriteEndArray();
        }
    });

    public static ImmutableDictionary<int, Sent> Sent(RecordShape shape, string? json) =>
        Read(shape, json, field => new Sent(field[0].GetString(), Stamp.Parse(field[1].GetString()))
        {
            Known = field.GetArrayLength() == 2 ? default : field[2].GetDateTimeOffset(),
            Heard = Times(field, 3),
        });

    public static string? Pushed(RecordShape shape, ImmutableDictionary<int, Pushed> pushed) => pushed.IsEmpty ? null : FieldJson.Write(writer =>
    {
        foreach (var (i, push) in pushed)
        {
            writer.WriteStartArray(shape.Fields[i].Name);
            writer.WriteStringValue(push.Returned);
            writer.WriteNumberValue(push.Repeats);
            foreach (var write in push.Writes)
            {
                writer.WriteStartArray();
                writer.WriteStringValue(write.Value);
                writer.WriteStringValue(write.At.UtcDateTime);
                writer.WriteStringValue(write.Known.UtcDateTime);
                foreach (var edit in write.Heard.IsDefault ? [] : write.Heard)
                    writer.WriteStringValue(edit.UtcDateTime);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
        }
    });

    public static ImmutableDictionary<int, Pushed> Pushed(RecordShape shape, string? json) =>
        Read(shape, json, field => new Pushed([.. field.EnumerateArray().Skip(2).Select(Write)], field[0].GetString(), field[1].GetInt32()));

    private static Written Write(JsonElement write) => new(write[0].GetString(), write[1].GetDateTimeOffset(), write[2].GetDateTimeOffset())
    {
        Heard = Times(write, 3),
    };

    private static ImmutableArray<DateTimeOffset> Times(JsonElement array, int from) =>
        array.GetArrayLength() <= from ? default : [.. array.EnumerateArray().Skip(from).Select(time => time.GetDateTimeOffset())];

    // A field that the tenant has removed since is passed over.
    private static ImmutableDictionary<int, T> Read<T>(RecordShape shape, string? json, Func<JsonElement, T> read)
    {
        if (json is null)
            return ImmutableDictionary<int, T>.Empty;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateObject()
            .Where(field => shape.IndexOf(field.Name) >= 0)
            .ToImmutableDictionary(field => shape.IndexOf(field.Name), field => read(field.Value));
    }
}
