using System.Text.Json;
using System.Text.Json.Serialization;

namespace Forge.Crm.Adapters.HubSpot;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HubSpotPage))]
[JsonSerializable(typeof(HubSpotRecords))]
[JsonSerializable(typeof(HubSpotReadInput))]
[JsonSerializable(typeof(HubSpotSearch))]
[JsonSerializable(typeof(HubSpotIds))]
[JsonSerializable(typeof(HubSpotWriteBatch))]
[JsonSerializable(typeof(HubSpotWritten))]
[JsonSerializable(typeof(HubSpotErasure))]
[JsonSerializable(typeof(HubSpotMergeInput))]
[JsonSerializable(typeof(HubSpotLinkBatch))]
[JsonSerializable(typeof(HubSpotUnlinkBatch))]
[JsonSerializable(typeof(HubSpotLinks))]
[JsonSerializable(typeof(HubSpotProperty))]
[JsonSerializable(typeof(HubSpotPropertyGroup))]
[JsonSerializable(typeof(HubSpotAssociationInput))]
[JsonSerializable(typeof(HubSpotAssociationRecords))]
[JsonSerializable(typeof(HubSpotOwnerPage))]
[JsonSerializable(typeof(HubSpotPipelines))]
[JsonSerializable(typeof(HubSpotAccountDetails))]
[JsonSerializable(typeof(HubSpotToken))]
[JsonSerializable(typeof(HubSpotCredential))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class HubSpotJson : JsonSerializerContext;

/// <summary>An id: a number in some of HubSpot's answers, a string in others (its description and its documentation differ).</summary>
internal sealed class HubSpotIdConverter : JsonConverter<string?>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number => reader.GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture),
        JsonTokenType.String => reader.GetString(),
        _ => throw new JsonException("An id is neither a number nor a string."),
    };

    public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}

/// <summary>
/// A record's properties. Every record of an answer names the same ones: a name that is in a mapping table is the table's own string, and
/// the dictionary is made in the right size.
/// </summary>
internal sealed class HubSpotPropertiesConverter : JsonConverter<Dictionary<string, string?>?>
{
    private const int UsualCount = 24;

    public override Dictionary<string, string?> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("The properties are no object.");
        var properties = new Dictionary<string, string?>(UsualCount);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = HubSpotPropertyNames.Of(ref reader);
            reader.Read();
            properties[name] = reader.TokenType switch
            {
                JsonTokenType.Null => null,
                JsonTokenType.String => reader.GetString(),
                // All values are strings by the documentation; a bare number or flag is its own text.
                JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => System.Text.Encoding.UTF8.GetString(reader.ValueSpan),
                _ => throw new JsonException("A property's value is no text."),
            };
        }

        return properties;
    }

    public override void Write(Utf8JsonWriter writer, Dictionary<string, string?>? value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Records are only read.");
}
