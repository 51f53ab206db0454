using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// Makes the body of a write of properties: the reverse of <see cref="PipedriveProperties"/>. Version 2 of the API is strict: a number is no text, and null
/// clears.
/// </summary>
internal static class PipedriveBody
{
    private delegate JsonNode? Form(string text);

    private static readonly FrozenDictionary<string, Form> Forms = new Dictionary<string, Form>
    {
        ["owner_id"] = Whole,
        ["pipeline_id"] = Whole,
        ["stage_id"] = Whole,
        ["employee_count"] = Whole,
        ["annual_revenue"] = Number,
        ["value"] = Number,
        ["probability"] = Number,
        ["done"] = text => JsonValue.Create(text == "true"),
        ["location"] = text => new JsonObject { ["value"] = text },
    }.ToFrozenDictionary();

    /// <summary>Whether parts of something that Pipedrive takes only as a whole are written.</summary>
    public static bool NeedsCurrent(IReadOnlyDictionary<string, string?> properties, IReadOnlyDictionary<string, string> customTypes) =>
        properties.Keys.Any(name => name.Contains('.', StringComparison.Ordinal) || customTypes.GetValueOrDefault(name) == "monetary");

    /// <param name="current">The record as it is, where it is needed.</param>
    /// <param name="customTypes">By key, of the custom fields among the properties.</param>
    /// <param name="currency">Of an amount that has none yet.</param>
    /// <exception cref="FormatException">A text is no value of its field; the message names the field and quotes nothing.</exception>
    public static JsonObject Update(
        IReadOnlyDictionary<string, string?> properties, JsonElement current, IReadOnlyDictionary<string, string> customTypes, string? currency)
    {
        var body = new JsonObject();
        foreach (var (name, text) in properties.Where(property => !property.Key.Contains('.', StringComparison.Ordinal)))
        {
            if (PipedriveSyncId.IsCode(name))
                Custom(body)[name] = Value(name, () => Custom(customTypes, name, text, CurrencyOf(current, name) ?? currency));
            else if (name == PipedriveDue.Due)
                PipedriveDue.Write(body, text);
            else
                body[name] = name == "duration" ? text ?? "" : string.IsNullOrEmpty(text) ? null : Value(name, () => Forms.GetValueOrDefault(name, Text)(text));
        }

        if (Has(properties, "emails."))
            body["emails"] = PipedriveEntries.Emails(PipedriveEntries.Read(PipedriveValues.Member(current, "emails")), properties);
        if (Has(properties, "phones."))
            body["phones"] = PipedriveEntries.Phones(PipedriveEntries.Read(PipedriveValues.Member(current, "phones")), properties);
        if (Has(properties, "value."))
            body["value"] = LeadValue(properties, PipedriveValues.Member(current, "value"));
        return body;
    }

    /// <inheritdoc cref="Update"/>
    /// <param name="kind">What it is to be.</param>
    public static JsonObject Creation(
        RemoteKind kind, IReadOnlyDictionary<string, string?> properties, IReadOnlyDictionary<string, string> customTypes, string? currency)
    {
        var body = Update(properties, default, customTypes, currency);
        if (PipedriveObjects.TypeOf(kind) is { } type)
            body["type"] ??= type;
        // Whoever has no name is shown by an address (see PipedriveProperties).
        if (kind == RemoteKind.Contact && body["first_name"] is null && body["last_name"] is null
            && (properties.GetValueOrDefault("emails.primary") ?? properties.GetValueOrDefault("phones.primary")) is { Length: > 0 } name)
            body["name"] = name;
        foreach (var empty in body.Where(member => member.Value is null).Select(member => member.Key).ToArray())
            body.Remove(empty);
        return body;
    }

    // A lead has an amount and its currency, or neither.
    private static JsonObject? LeadValue(IReadOnlyDictionary<string, string?> properties, JsonElement current)
    {
        var amount = properties.TryGetValue("value.amount", out var written) ? written : PipedriveValues.TextOf(current, "amount");
        var currency = properties.TryGetValue("value.currency", out written) ? written : PipedriveValues.TextOf(current, "currency");
        return string.IsNullOrEmpty(amount) || string.IsNullOrEmpty(currency)
            ? null
            : new JsonObject { ["amount"] = Value("value", () => Number(amount)), ["currency"] = currency };
    }

    private static JsonNode? Custom(IReadOnlyDictionary<string, string> types, string name, string? text, string? currency) =>
        types.TryGetValue(name, out var type) ? PipedriveCustomFields.Write(type, text, currency) : throw new FormatException("The account has no such field.");

    private static JsonObject Custom(JsonObject body) => (JsonObject)(body["custom_fields"] ??= new JsonObject());

    private static string? CurrencyOf(JsonElement current, string name) =>
        PipedriveValues.TextOf(PipedriveValues.Member(PipedriveValues.Member(current, "custom_fields"), name), "currency");

    private static bool Has(IReadOnlyDictionary<string, string?> properties, string prefix) => properties.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));

    private static JsonNode? Value(string name, Func<JsonNode?> form)
    {
        try
        {
            return form();
        }
        catch (FormatException e)
        {
            throw new FormatException($"Property '{name}': {e.Message}", e);
        }
    }

    /// <summary>Records of version 2 have numbers for ids.</summary>
    public static JsonValue Id(string id) => Whole(id);

    private static JsonValue Text(string text) => JsonValue.Create(text);

    private static JsonValue Whole(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        ? JsonValue.Create(number)
        : throw new FormatException("The value is not a whole number.");

    private static JsonValue Number(string text) => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        ? JsonValue.Create(number)
        : throw new FormatException("The value is not a number.");
}
