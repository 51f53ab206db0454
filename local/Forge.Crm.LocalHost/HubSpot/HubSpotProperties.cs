using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>The properties API: definitions, and custom ones made by an app.</summary>
internal static class HubSpotProperties
{
    private const string Always = "2024-01-01T08:00:00.000Z";
    private static readonly string[] Types = ["bool", "date", "datetime", "enumeration", "number", "phone_number", "string"];

    public static int List(HubSpotCall call, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("results");
        foreach (var property in call.Archived ? [] : call.Table.Properties.InOrder)
            Write(json, property);
        json.WriteEndArray();
        json.WriteEndObject();
        return 200;
    }

    public static int Read(HubSpotCall call, Utf8JsonWriter json)
    {
        var name = call.Route("name");
        Write(json, call.Table.Properties.Find(name) ?? throw HubSpotProblem.NotFound($"Property {name} does not exist"));
        return 200;
    }

    public static int Create(HubSpotCall call, Utf8JsonWriter json)
    {
        var properties = call.Table.Properties;
        var name = HubSpotJson.Required(call.Body, "name").ToLowerInvariant();
        var type = HubSpotJson.Required(call.Body, "type");
        if (!Types.Contains(type))
            throw HubSpotProblem.InvalidJson($"type must be one of [{string.Join(", ", Types)}]");
        if (properties.Find(name) is not null)
            throw new HubSpotProblem(409, "OBJECT_ALREADY_EXISTS", $"A property named '{name}' already exists.");
        var label = HubSpotJson.Required(call.Body, "label");
        var group = HubSpotJson.Required(call.Body, "groupName");
        if (!properties.Groups.Contains(group))
            throw HubSpotProblem.Invalid($"There is no property group named '{group}'.");
        var property = new HubSpotProperty(name, label, type, HubSpotJson.Required(call.Body, "fieldType"), properties.InOrder.Count)
        {
            GroupName = group,
            Description = HubSpotJson.Optional(call.Body, "description") ?? "",
            Options = Options(call.Body),
            Unique = HubSpotJson.Optional(call.Body, "hasUniqueValue") == "true",
            HubSpotDefined = false,
        };
        properties.Add(property);
        Write(json, property);
        return 201;
    }

    public static int CreateGroup(HubSpotCall call, Utf8JsonWriter json)
    {
        var (name, label) = (HubSpotJson.Required(call.Body, "name"), HubSpotJson.Required(call.Body, "label"));
        if (!call.Table.Properties.Groups.Add(name))
            throw new HubSpotProblem(409, "OBJECT_ALREADY_EXISTS", $"A property group named '{name}' already exists.");
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("label", label);
        json.WriteNumber("displayOrder", -1);
        json.WriteBoolean("archived", false);
        json.WriteEndObject();
        return 201;
    }

    private static HubSpotOption[] Options(JsonElement body) =>
        [.. (HubSpotJson.Elements(body, "options") ?? []).Select(option =>
            new HubSpotOption(HubSpotJson.Required(option, "value"), HubSpotJson.Required(option, "label")))];

    private static void Write(Utf8JsonWriter json, HubSpotProperty property)
    {
        json.WriteStartObject();
        json.WriteString("updatedAt", Always);
        json.WriteString("createdAt", Always);
        json.WriteString("name", property.Name);
        json.WriteString("label", property.Label);
        json.WriteString("type", property.Type);
        json.WriteString("fieldType", property.FieldType);
        json.WriteString("description", property.Description);
        json.WriteString("groupName", property.GroupName);
        WriteOptions(json, property.Options);
        json.WriteNumber("displayOrder", -1);
        json.WriteBoolean("calculated", property.ReadOnly && property.Name.StartsWith("hs_", StringComparison.Ordinal));
        json.WriteBoolean("externalOptions", property.ExternalOptions);
        json.WriteBoolean("archived", false);
        json.WriteBoolean("hasUniqueValue", property.Unique);
        json.WriteBoolean("hidden", false);
        json.WriteBoolean("hubspotDefined", property.HubSpotDefined);
        json.WriteStartObject("modificationMetadata");
        json.WriteBoolean("archivable", !property.HubSpotDefined);
        json.WriteBoolean("readOnlyDefinition", property.HubSpotDefined);
        json.WriteBoolean("readOnlyValue", property.ReadOnly);
        json.WriteEndObject();
        json.WriteBoolean("formField", false);
        json.WriteString("dataSensitivity", "non_sensitive");
        json.WriteEndObject();
    }

    private static void WriteOptions(Utf8JsonWriter json, HubSpotOption[] options)
    {
        json.WriteStartArray("options");
        for (var i = 0; i < options.Length; i++)
        {
            json.WriteStartObject();
            json.WriteString("label", options[i].Label);
            json.WriteString("value", options[i].Value);
            json.WriteNumber("displayOrder", i);
            json.WriteBoolean("hidden", false);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
