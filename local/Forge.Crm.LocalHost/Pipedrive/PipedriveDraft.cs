using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>
/// Checks a body to write. Version 2 is strict: no text for a number, no unknown field, no reference that leads nowhere (documentation,
/// "API v2 migration guide").
/// </summary>
internal static class PipedriveDraft
{
    private static readonly string[] Statuses = ["open", "won", "lost"];

    /// <summary>The members to write.</summary>
    /// <exception cref="PipedriveProblem">The first that is wrong.</exception>
    public static JsonObject Accept(PipedriveAccount account, PipedriveTable table, JsonObject body)
    {
        var accepted = new JsonObject();
        foreach (var (name, value) in body)
        {
            if (name == "custom_fields" && table.Entity.HasCustomFields)
                accepted[name] = Custom(table, value);
            else if (table.Entity.Field(name) is { IsReadOnly: false } field)
                accepted[name] = Value(account, field, value);
            else
                throw PipedriveProblem.Invalid($"\"{name}\" is not allowed");
        }
        return accepted;
    }

    private static JsonObject Custom(PipedriveTable table, JsonNode? value)
    {
        var fields = value as JsonObject ?? throw PipedriveProblem.Invalid("\"custom_fields\" must be an object");
        var accepted = new JsonObject();
        foreach (var (code, content) in fields)
        {
            var field = table.CustomFields.Find(field => field.Code == code) ?? throw PipedriveProblem.Invalid($"\"custom_fields.{code}\" is not allowed");
            accepted[code] = field.Accept(content);
        }
        return accepted;
    }

    private static JsonNode? Value(PipedriveAccount account, PipedriveField field, JsonNode? value)
    {
        if (value is null)
            return field.Kind is PipedriveFieldKind.Entries or PipedriveFieldKind.Ids or PipedriveFieldKind.Participants ? new JsonArray()
                : field.Kind is PipedriveFieldKind.Status or PipedriveFieldKind.Stage or PipedriveFieldKind.Flag ? throw Wrong(field)
                : null;
        var kind = value.GetValueKind();
        return field.Kind switch
        {
            PipedriveFieldKind.Text when kind == JsonValueKind.String => Text(value.GetValue<string>()),
            PipedriveFieldKind.Number when kind == JsonValueKind.Number => value.DeepClone(),
            PipedriveFieldKind.Flag when kind is JsonValueKind.True or JsonValueKind.False => value.DeepClone(),
            PipedriveFieldKind.Date when IsDay(value) => value.DeepClone(),
            PipedriveFieldKind.Clock when Clock(value) is { } time => time,
            PipedriveFieldKind.Instant when PipedriveTime.TryParse(PipedriveRecord.TextOf(value), out var at) => PipedriveTime.Text(at),
            PipedriveFieldKind.Entries when value is JsonArray entries => Entries(field, entries),
            PipedriveFieldKind.Address when value is JsonObject => value.DeepClone(),
            PipedriveFieldKind.Ids when value is JsonArray => value.DeepClone(),
            PipedriveFieldKind.Participants when value is JsonArray people => Participants(account, field, people),
            PipedriveFieldKind.Status when Statuses.Contains(PipedriveRecord.TextOf(value)) => value.DeepClone(),
            PipedriveFieldKind.Any => value.DeepClone(),
            _ => kind == JsonValueKind.Number && IsThere(account, field.Kind, value.ToJsonString()) ? value.DeepClone() : throw Wrong(field),
        };
    }

    private static bool IsThere(PipedriveAccount account, PipedriveFieldKind kind, string id) => kind switch
    {
        PipedriveFieldKind.Whole => long.TryParse(id, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        PipedriveFieldKind.User => account.Users.Any(user => PipedriveNumbers.Text(user.Id) == id),
        PipedriveFieldKind.Person => account.Persons.Live(id) is not null,
        PipedriveFieldKind.Organization => account.Organizations.Live(id) is not null,
        PipedriveFieldKind.Deal => account.Deals.Live(id) is not null,
        PipedriveFieldKind.Pipeline => account.Pipelines.Any(pipeline => PipedriveNumbers.Text(pipeline.Id) == id),
        PipedriveFieldKind.Stage => account.Stages.Any(stage => PipedriveNumbers.Text(stage.Id) == id),
        _ => false,
    };

    // Texts lose their outer white space.
    private static JsonValue? Text(string text) => text.Trim() is { Length: > 0 } trimmed ? JsonValue.Create(trimmed) : null;

    private static bool IsDay(JsonNode value) =>
        DateOnly.TryParseExact(PipedriveRecord.TextOf(value), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static JsonValue? Clock(JsonNode value) => PipedriveRecord.TextOf(value) switch
    {
        "" => JsonValue.Create(""),
        { Length: 5 } text when TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) => JsonValue.Create($"{text}:00"),
        { Length: 8 } text when TimeOnly.TryParseExact(text, "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) => JsonValue.Create(text),
        _ => null,
    };

    /// <summary>One of them is the primary one: the last that says so, else the first.</summary>
    private static JsonArray Entries(PipedriveField field, JsonArray entries)
    {
        var texts = entries.Select(entry => entry is JsonObject one && PipedriveRecord.TextOf(one["value"])?.Trim() is { Length: > 0 } text
            ? (Text: text, Label: PipedriveRecord.TextOf(one["label"]) ?? "work", IsPrimary: one["primary"]?.GetValueKind() == JsonValueKind.True)
            : throw Wrong(field)).ToList();
        var primary = Math.Max(0, texts.FindLastIndex(entry => entry.IsPrimary));
        return [.. texts.Select((entry, i) => new JsonObject { ["value"] = entry.Text, ["primary"] = i == primary, ["label"] = entry.Label })];
    }

    private static JsonArray Participants(PipedriveAccount account, PipedriveField field, JsonArray people) =>
        [.. people.Select((person, i) => person is JsonObject one && PipedriveRecord.TextOf(one["person_id"]) is { } id && account.Persons.Live(id) is not null
            ? new JsonObject { ["person_id"] = one["person_id"]!.DeepClone(), ["primary"] = one["primary"]?.GetValueKind() == JsonValueKind.True || people.Count == 1 }
            : throw Wrong(field))];

    private static PipedriveProblem Wrong(PipedriveField field) => PipedriveProblem.Invalid($"\"{field.Name}\" is not a valid value");
}
