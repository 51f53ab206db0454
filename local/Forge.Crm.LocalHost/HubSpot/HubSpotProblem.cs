using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>A refusal, in the shape of HubSpot's error body ("Error handling" in the developer documentation).</summary>
internal sealed class HubSpotProblem(int status, string category, string message) : Exception(message)
{
    public int Status { get; } = status;
    public string Category { get; } = category;
    public string? SubCategory { get; init; }
    public Dictionary<string, string[]> Context { get; init; } = [];
    public List<HubSpotErrorDetail> Errors { get; init; } = [];

    /// <summary>Fields that only some errors have: <c>policyName</c> of a rate limit, <c>error</c> of OAuth.</summary>
    public Dictionary<string, string> Extra { get; init; } = [];

    public static HubSpotProblem Invalid(string message) => new(400, "VALIDATION_ERROR", message);

    public static HubSpotProblem InvalidJson(string reason) => Invalid($"Invalid input JSON on line 1, column 1: {reason}");

    public static HubSpotProblem NotFound(string message = "resource not found") => new(404, "OBJECT_NOT_FOUND", message);

    public static HubSpotProblem Conflict(string message) => new(409, "CONFLICT", message);

    /// <summary>The whole body of a failed request.</summary>
    public void Write(Utf8JsonWriter json)
    {
        var correlation = Guid.CreateVersion7().ToString();
        json.WriteStartObject();
        json.WriteString("status", Extra.GetValueOrDefault("status", "error"));
        json.WriteString("message", Message);
        json.WriteString("correlationId", correlation);
        foreach (var (name, value) in Extra.Where(field => field.Key != "status"))
            json.WriteString(name, value);
        if (Errors.Count > 0)
            WriteErrors(json);
        if (Context.Count > 0)
            WriteContext(json, Context);
        json.WriteString("category", Category);
        if (SubCategory is not null)
            json.WriteString("subCategory", SubCategory);
        json.WriteEndObject();
    }

    /// <summary>One entry of a batch's <c>errors</c>. HubSpot's description requires <c>context</c>, <c>errors</c> and <c>links</c> here.</summary>
    public void WriteEntry(Utf8JsonWriter json, string? traceId = null)
    {
        json.WriteStartObject();
        json.WriteString("status", "error");
        json.WriteString("category", Category);
        if (SubCategory is not null)
            json.WriteString("subCategory", SubCategory);
        json.WriteString("message", Message);
        var context = new Dictionary<string, string[]>(Context);
        if (traceId is not null)
            context["objectWriteTraceId"] = [traceId];
        WriteContext(json, context);
        WriteErrors(json);
        json.WriteStartObject("links");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteErrors(Utf8JsonWriter json)
    {
        json.WriteStartArray("errors");
        foreach (var error in Errors)
        {
            json.WriteStartObject();
            json.WriteString("message", error.Message);
            if (error.Code is not null)
                json.WriteString("code", error.Code);
            if (error.Context.Count > 0)
                WriteContext(json, error.Context);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteContext(Utf8JsonWriter json, Dictionary<string, string[]> context)
    {
        json.WriteStartObject("context");
        foreach (var (name, values) in context)
        {
            json.WriteStartArray(name);
            foreach (var value in values)
                json.WriteStringValue(value);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }
}

internal sealed record HubSpotErrorDetail(string Message, string? Code, Dictionary<string, string[]> Context);
