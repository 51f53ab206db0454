using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>A value that a property does not take. Every bad value of a request is named at once, in the message and in <c>errors</c>.</summary>
internal sealed record HubSpotInvalidValue(string Property, string Code, string Message)
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static HubSpotInvalidValue Unknown(string name) => new(name, "PROPERTY_DOESNT_EXIST", $"Property \"{name}\" does not exist");

    public static HubSpotInvalidValue ReadOnly(string name) =>
        new(name, "READ_ONLY_VALUE", $"\"{name}\" is a calculated property; its value cannot be set.");

    public static HubSpotInvalidValue NotAnOption(string name, string value, IEnumerable<string> allowed) =>
        new(name, "INVALID_OPTION", $"{value} was not one of the allowed options: [{string.Join(", ", allowed)}]");

    public static HubSpotInvalidValue Taken(string name, string value, string id) =>
        new(name, "CONFLICTING_UNIQUE_VALUE", $"{name}: {value} is already the value of object {id}");

    /// <summary>The message carries the same list as JSON text, as it does on the wire.</summary>
    public static HubSpotProblem Problem(IReadOnlyList<HubSpotInvalidValue> values, long portalId) =>
        new(400, "VALIDATION_ERROR", $"Property values were not valid: {Json(values, portalId)}")
        {
            Errors = [.. values.Select(value => new HubSpotErrorDetail(
                value.Message, value.Code, new() { ["propertyName"] = [value.Property] }))],
        };

    private static string Json(IEnumerable<HubSpotInvalidValue> values, long portalId)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Compact))
        {
            json.WriteStartArray();
            foreach (var value in values)
            {
                json.WriteStartObject();
                json.WriteBoolean("isValid", false);
                json.WriteString("message", value.Message);
                json.WriteString("error", value.Code);
                json.WriteString("name", value.Property);
                json.WriteString("localizedErrorMessage", value.Message);
                json.WriteNumber("portalId", portalId);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
