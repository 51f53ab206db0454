using System.Text.Json;
using Json.Schema;

namespace Forge.Crm.Domain;

/// <summary>A place at which a document breaks its JSON Schema.</summary>
/// <param name="Path">A JSON pointer into the document.</param>
/// <param name="Keyword">Of the schema, e.g. <c>required</c>; empty where nothing may stand at all.</param>
/// <param name="Message">The library's; may hold a value of the document.</param>
internal readonly record struct SchemaFault(string Path, string Keyword, string Message)
{
    private static readonly EvaluationOptions Listed = new() { OutputFormat = OutputFormat.List };

    /// <returns>Null where the document is valid; otherwise what there is to say, the deepest place first, since that is what its author mistook.</returns>
    public static List<SchemaFault>? In(JsonSchema schema, JsonElement document)
    {
        var found = schema.Evaluate(document, Listed);
        return found.IsValid ? null :
        [
            .. from detail in found.Details ?? []
               where !detail.IsValid && detail.Errors is not null && !IsAsked(detail.EvaluationPath.ToString())
               from error in detail.Errors!
               orderby detail.InstanceLocation.ToString().Count(c => c == '/') descending
               select new SchemaFault(detail.InstanceLocation.ToString(), error.Key, error.Value),
        ];
    }

    // "if" only asks which of the forms it is to be: what it does not find is no fault. (A document may have a member of that name, too.)
    private static bool IsAsked(string path) => path.Replace("/properties/if", "", StringComparison.Ordinal).Split('/').Contains("if");
}
