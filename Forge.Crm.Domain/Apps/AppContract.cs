using System.Collections.Immutable;
using System.Text.Json;
using Json.Schema;

namespace Forge.Crm.Domain.Apps;

/// <summary>An event that one of our apps may send, in one version: what its data holds, as it is published.</summary>
public sealed class AppContract
{
    /// <summary>The newest version of a type first.</summary>
    public static readonly ImmutableArray<AppContract> All =
    [
        new(PlatformApp.Bidflow, "bidflow.inquiry.submitted", 1),
        new(PlatformApp.Folio, "folio.transaction.completed", 1),
        new(PlatformApp.Hephaitos, "hephaitos.student.signed_up", 1),
    ];

    private static readonly Lazy<JsonSchema> EnvelopeSchema = new(() => JsonSchema.FromText(Envelope));

    private readonly Lazy<JsonSchema> _schema;

    private AppContract(PlatformApp app, string type, int version)
    {
        (App, Type, Version) = (app, type, version);
        _schema = new(() => JsonSchema.FromText(Schema));
    }

    /// <summary>The schema of the envelope of every event: CloudEvents 1.0 in structured JSON.</summary>
    public static string Envelope => Resources.Read("Apps.envelope.1.schema.json");

    public PlatformApp App { get; }

    /// <summary>Begins with the app's name, e.g. <c>folio.transaction.completed</c>.</summary>
    public string Type { get; }

    public int Version { get; }

    /// <summary>By which a message names type and version: <c>urn:forge-crm:folio.transaction.completed:1</c>.</summary>
    public string DataSchema => $"urn:forge-crm:{Type}:{Version}";

    /// <summary>The JSON Schema of the data.</summary>
    public string Schema => Resources.Read($"Apps.{Type}.{Version}.schema.json");

    /// <summary>What is wrong with an envelope: places and keywords, no values. Null where nothing is.</summary>
    public static string? EnvelopeFault(JsonElement message) => Fault(EnvelopeSchema.Value, message, "");

    /// <summary>Why data is none that an event of this type and version may have; null where it is. No values: it stands in the journal beside the event.</summary>
    public static string? Fault(string type, string dataSchema, JsonElement data)
    {
        var ofType = All.Where(contract => contract.Type == type).ToList();
        if (ofType.Count == 0)
            return "no event of this type is known";
        return ofType.FirstOrDefault(contract => contract.DataSchema == dataSchema) is { } contract
            ? Fault(contract._schema.Value, data, "/data")
            : $"'dataschema' names a version that is not known; there are: {string.Join(", ", ofType.Select(known => known.DataSchema))}";
    }

    // Of the library's messages only that of "required" holds names of the schema alone.
    private static string? Fault(JsonSchema schema, JsonElement json, string root) => SchemaFault.In(schema, json) switch
    {
        null => null,
        [{ Keyword: "required" } fault, ..] => $"{root}{fault.Path}: {fault.Message.Replace("\\u0022", "\"", StringComparison.Ordinal)}",
        [var fault, ..] => $"{root}{fault.Path}: breaks '{fault.Keyword}' of its schema",
        [] => $"{root}: breaks its schema",
    };
}
