using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>The types of Pipedrive's custom fields: which of ours each is, and how its text is written in the API's version 2.</summary>
internal static class PipedriveCustomFields
{
    private delegate JsonNode ValueForm(string text, string? currency);

    private const string SingleOption = "enum";
    private const string MultipleOptions = "set";

    public static readonly CustomFieldForm Form = new(
        Platform.Pipedrive, PipedriveFieldList.Kinds, PipedriveSyncId.IsCode, "the key of a field that the account added, forty hexadecimal digits", (_, _) => false);

    // Fields of the types user, org and people name records of the account, which mean nothing elsewhere: no type of ours fits them.
    private static readonly ImmutableDictionary<string, (CustomType[] Fits, ValueForm Write)> Types = new Dictionary<string, (CustomType[], ValueForm)>
    {
        ["varchar"] = ([CustomType.Text, CustomType.Choice, CustomType.Phone, CustomType.Email], Plain),
        ["varchar_auto"] = ([CustomType.Text, CustomType.Choice], Plain),
        ["text"] = ([CustomType.Text], Plain),
        ["phone"] = ([CustomType.Phone, CustomType.Text], Plain),
        ["date"] = ([CustomType.Date], Plain),
        ["double"] = ([CustomType.Number, CustomType.WholeNumber, CustomType.Money], Number),
        ["monetary"] = ([CustomType.Money], (text, currency) => new JsonObject { ["value"] = Number(text, null), ["currency"] = currency }),
        [SingleOption] = ([CustomType.Choice, CustomType.Boolean], Number),
        ["user"] = ([], Number),
        ["org"] = ([], Number),
        ["people"] = ([], Number),
        [MultipleOptions] = ([CustomType.MultiChoice], (text, _) => new JsonArray([.. text.Split(';').Select(option => Number(option, null))])),
        ["time"] = ([CustomType.Text], (text, _) => new JsonObject { ["value"] = text }),
        ["address"] = ([CustomType.Text], (text, _) => new JsonObject { ["value"] = text }),
        ["daterange"] = ([CustomType.Text], Range),
        ["timerange"] = ([CustomType.Text], Range),
    }.ToImmutableDictionary();

    /// <summary>Holds a field against the account's own description of it.</summary>
    /// <param name="shown">As the account lists it; undefined where it does not.</param>
    /// <returns>With the options that are not named, by their labels.</returns>
    /// <exception cref="FormatException">There is none, it cannot be written, or it cannot hold the field's values; the message names the place and the remedy.</exception>
    public static CustomField Check(CustomField field, JsonElement shown)
    {
        if (shown.ValueKind != JsonValueKind.Object)
            throw new FormatException($"{field.Place}: Pipedrive shows no field of the key '{field.Property}'; copy the key of the field from the company's data fields.");
        var type = PipedriveValues.TextOf(shown, "field_type") ?? "";
        // The first version of the API calls it edit_flag.
        if (PipedriveValues.TextOf(shown, "is_custom_field") == "false" || PipedriveValues.TextOf(shown, "edit_flag") == "false"
            || PipedriveValues.TextOf(shown, "field_name") == PipedriveSyncId.FieldName)
            throw new FormatException($"{field.Place}: '{field.Property}' is no field that people fill in at Pipedrive, and nobody may write it; name another.");
        CustomType[] fits = Types.TryGetValue(type, out var row) ? row.Fits : [];
        if (!fits.Contains(field.Type))
            throw new FormatException($"{field.Place}: '{field.Property}' is of type {type} at Pipedrive, which cannot hold a {field.Type.ToName()}; "
                + (fits.Length == 0 ? "no field can hold it: name another." : $"write \"type\": \"{string.Join("\" or \"", fits.Select(Names.ToName))}\"."));
        return type is SingleOption or MultipleOptions ? WithOptions(field, PipedriveOption.Of(shown))
            : field.Options.IsEmpty ? field
            : throw new FormatException($"{field.Place}.options mean nothing to a field of type {type}; leave them out.");
    }

    private static CustomField WithOptions(CustomField field, ImmutableArray<PipedriveOption> options)
    {
        var known = string.Join(", ", options.Select(option => $"{option.Id} ({option.Label})"));
        if (field.Options.FirstOrDefault(named => options.All(option => option.Id != named.Theirs)) is { Theirs: { } unknown })
            throw new FormatException($"{field.Place}.options: '{field.Property}' has no option '{unknown}' at Pipedrive; there are: {known}");
        if (!field.Options.IsEmpty)
            return field;
        if (field.Type == CustomType.Boolean)
            throw new FormatException($"{field.Place} does not say which option is true; write \"options\": {{ \"true\": \"...\", \"false\": \"...\" }} of: {known}");
        ImmutableArray<CustomOption> byLabel = [.. options.Select(option => new CustomOption(option.Label, option.Id))];
        return byLabel.Any(option => option.Ours.Contains(';', StringComparison.Ordinal)) || byLabel.DistinctBy(option => option.Ours).Count() < byLabel.Length
            ? throw new FormatException($"{field.Place}: labels of '{field.Property}' are the same or hold a semicolon; write \"options\": {{ \"a word\": \"its id\" }} of: {known}")
            : field with { Options = byLabel };
    }

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
