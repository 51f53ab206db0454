using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>The types of Pipedrive's custom fields: which of ours each is, and how its text is written in the API's version 2.</summary>
internal static class PipedriveCustomFields
{
    private delegate JsonNode Form(string text, string? currency);

    private static readonly ImmutableDictionary<string, (FieldType Type, Form Write)> Types = new Dictionary<string, (FieldType, Form)>
    {
        ["varchar"] = (FieldType.Text, Plain),
        ["varchar_auto"] = (FieldType.Text, Plain),
        ["text"] = (FieldType.Text, Plain),
        ["phone"] = (FieldType.Phone, Plain),
        ["date"] = (FieldType.Date, Plain),
        ["double"] = (FieldType.Number, Number),
        ["monetary"] = (FieldType.Number, (text, currency) => new JsonObject { ["value"] = Number(text, null), ["currency"] = currency }),
        ["enum"] = (FieldType.Text, Number),
        ["user"] = (FieldType.Text, Number),
        ["org"] = (FieldType.Text, Number),
        ["people"] = (FieldType.Text, Number),
        ["set"] = (FieldType.Set, (text, _) => new JsonArray([.. text.Split(';').Select(option => Number(option, null))])),
        ["time"] = (FieldType.Text, (text, _) => new JsonObject { ["value"] = text }),
        ["address"] = (FieldType.Text, (text, _) => new JsonObject { ["value"] = text }),
        ["daterange"] = (FieldType.Text, Range),
        ["timerange"] = (FieldType.Text, Range),
    }.ToImmutableDictionary();

    /// <returns>Null for a type that we do not map.</returns>
    public static FieldType? TypeOf(string fieldType) => Types.TryGetValue(fieldType, out var row) ? row.Type : null;

    /// <param name="text">Null clears the field, whatever its type.</param>
    /// <param name="currency">ISO 4217, for an amount.</param>
    /// <exception cref="FormatException">The text is no value of the type; the message does not quote it.</exception>
    public static JsonNode? Write(string fieldType, string? text, string? currency) =>
        string.IsNullOrEmpty(text) ? null
        : Types.TryGetValue(fieldType, out var row) ? row.Write(text, currency)
        : throw new FormatException($"A Pipedrive field of type '{fieldType}' cannot be written.");

    private static JsonValue Plain(string text, string? currency) => JsonValue.Create(text);

    private static JsonValue Number(string text, string? currency) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? JsonValue.Create(number)
            : throw new FormatException("The value is not a number.");

    private static JsonObject Range(string text, string? currency) =>
        text.Split('/') is [var from, var until]
            ? new() { ["value"] = from, ["until"] = until }
            : throw new FormatException("The value has not the two ends of a range.");
}
