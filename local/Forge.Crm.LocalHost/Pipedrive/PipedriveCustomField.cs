using System.Text.Json;
using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>A field that a person added.</summary>
/// <param name="Code">Forty hexadecimal digits.</param>
/// <param name="Type">Pipedrive's own word: <c>varchar</c>, <c>monetary</c>, <c>enum</c>, ...</param>
/// <param name="Options">Of <c>enum</c> and <c>set</c>.</param>
internal sealed record PipedriveCustomField(string Code, string Name, string Type, (long Id, string Label)[] Options)
{
    private static readonly Dictionary<string, string[]> Parts = new()
    {
        ["monetary"] = ["value", "currency"],
        ["daterange"] = ["value", "until"],
        ["timerange"] = ["value", "until"],
        ["time"] = ["value"],
        ["address"] = ["value"],
    };

    private static readonly string[] Types =
    [
        "varchar", "varchar_auto", "text", "double", "phone", "date", "user", "org", "people", "enum", "set", .. Parts.Keys,
    ];

    public static bool IsType(string type) => Types.Contains(type);

    /// <summary>A value as the API keeps it.</summary>
    /// <exception cref="PipedriveProblem">It is none of this type.</exception>
    public JsonNode? Accept(JsonNode? value)
    {
        var isAccepted = value is null || Type switch
        {
            "varchar" or "varchar_auto" or "text" or "phone" or "date" => value.GetValueKind() == JsonValueKind.String,
            "double" or "user" or "org" or "people" => value.GetValueKind() == JsonValueKind.Number,
            "enum" => IsOption(value),
            "set" => value is JsonArray { Count: > 0 } options && options.All(IsOption),
            _ => value is JsonObject parts && Parts.TryGetValue(Type, out var names) && names.All(name => parts[name] is not null),
        };
        return isAccepted ? value?.DeepClone() : throw PipedriveProblem.Invalid($"custom_fields.{Code} is no valid value of type {Type}");
    }

    /// <summary>The same value as webhooks tell it: an object with a type.</summary>
    public JsonObject? Typed(JsonNode? value)
    {
        if (value is null)
            return null;
        var typed = new JsonObject { ["type"] = Type };
        if (value is JsonArray options)
            typed["values"] = new JsonArray([.. options.Select(option => new JsonObject { ["id"] = option!.DeepClone() })]);
        else if (Type is "enum" or "user" or "org" or "people")
            typed["id"] = value.DeepClone();
        else if (Type is "daterange")
            (typed["from"], typed["until"]) = (value["value"]!.DeepClone(), value["until"]!.DeepClone());
        else if (value is JsonObject parts)
            AddAll(typed, parts);
        else
            typed["value"] = value.DeepClone();
        return typed;
    }

    private static void AddAll(JsonObject typed, JsonObject parts)
    {
        foreach (var (name, part) in parts)
            typed[name] = part?.DeepClone();
    }

    private bool IsOption(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.Number && Options.Any(option => option.Id == value.GetValue<long>());
}
