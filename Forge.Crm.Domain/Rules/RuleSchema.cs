using System.Text.Json;
using Json.Schema;

namespace Forge.Crm.Domain.Rules;

/// <summary>The published JSON Schema of rules: the form of a document. What it means beside the tenant's fields is <see cref="RuleDocument"/>'s.</summary>
public static class RuleSchema
{
    private static readonly EvaluationOptions Listed = new() { OutputFormat = OutputFormat.List };

    private static readonly JsonSchema Schema = JsonSchema.FromText(Text);

    /// <summary>The schema itself, as it is published.</summary>
    public static string Text => Resources.Read("Rules.rule.schema.json");

    /// <exception cref="RuleFault">The first place at which the document is none; the deepest, since that is what its author mistook.</exception>
    public static void Check(JsonElement document)
    {
        var found = Schema.Evaluate(document, Listed);
        if (found.IsValid)
            return;
        var faults = (from detail in found.Details ?? []
                      where !detail.IsValid && detail.Errors is not null && !IsAsked(detail.EvaluationPath.ToString())
                      from error in detail.Errors!
                      orderby detail.InstanceLocation.ToString().Count(c => c == '/') descending
                      select (Path: detail.InstanceLocation.ToString(), Reason: Plain(error.Key, error.Value))).ToList();
        throw faults is [var (path, reason), ..] ? new RuleFault(path, reason) : new RuleFault("", "it is no rule; see the schema at /api/v1/rules/schema.");
    }

    // "if" only asks which of the forms it is to be: what it does not find is no fault. (A rule has a member of that name, too.)
    private static bool IsAsked(string path) => path.Replace("/properties/if", "", StringComparison.Ordinal).Split('/').Contains("if");

    private static string Plain(string keyword, string message) => keyword.Length == 0 || keyword == "additionalProperties"
        ? "nothing of this name belongs here; leave it out, or see /api/v1/rules/schema for what does."
        : message.Replace("\\u0022", "\"", StringComparison.Ordinal);
}
