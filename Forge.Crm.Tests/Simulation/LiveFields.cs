using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <summary>A field that people edit in the running product.</summary>
/// <param name="HubSpot">The property there.</param>
/// <param name="Pipedrive">The member there; null where Pipedrive has no such field.</param>
internal sealed record LiveField(RecordKind Kind, SimulatedField Field, string HubSpot, string? Pipedrive)
{
    /// <summary>As Pipedrive's pages would send it.</summary>
    public JsonNode? ToPipedrive(string value) => Pipedrive switch
    {
        "phones" => value.Length == 0 ? new JsonArray() : new JsonArray(new JsonObject { ["value"] = value, ["primary"] = true, ["label"] = "work" }),
        "annual_revenue" => value.Length == 0 ? null : decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.Length == 0 ? null : value,
    };

    public string? FromPipedrive(JsonObject record) => record[Pipedrive!] switch
    {
        JsonArray phones => (phones.FirstOrDefault(phone => phone!["primary"]?.GetValue<bool>() == true) ?? phones.FirstOrDefault())?["value"]?.GetValue<string>(),
        JsonValue value => value.ToString(),
        _ => null,
    };
}

internal static class LiveFields
{
    public static readonly ImmutableArray<LiveField> All =
    [
        new(RecordKind.Contact, new("first_name", n => $"Ann-{n}.", n => $"ann-{n}."), "firstname", "first_name"),
        new(RecordKind.Contact, new("last_name", n => n % 7 == 0 ? "" : $"Lee-{n}.", n => n % 7 == 0 ? "" : $"lee-{n}."), "lastname", "last_name"),
        new(RecordKind.Contact, new("phone", n => $"+1202555{n:0000}", n => $"+1202555{n:0000}"), "phone", "phones"),
        new(RecordKind.Contact, new("job_title", n => $"Job-{n}.", n => $"job-{n}."), "jobtitle", null),
        new(RecordKind.Company, new("name", n => $"Firm-{n}.", n => $"firm-{n}."), "name", "name"),
        new(RecordKind.Company, new("annual_revenue", n => $"{100000 + n}", n => $"{100000 + n}"), "annualrevenue", "annual_revenue"),
        new(RecordKind.Activity, new("subject", n => $"Call-{n}.", n => $"call-{n}."), "hs_call_title", "subject"),
        new(RecordKind.Activity, new("body", n => n % 7 == 0 ? "" : $"Said-{n}.", n => n % 7 == 0 ? "" : $"said-{n}."), "hs_call_body", "note"),
    ];

    public static readonly ImmutableArray<SimulatedField> Edited = [.. All.Select(field => field.Field)];

    public static IEnumerable<LiveField> Of(RecordKind kind) => All.Where(field => field.Kind == kind);
}
