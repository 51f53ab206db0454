using System.Text.Json;
using Json.Schema;

namespace Forge.Crm.Domain.Rules;

/// <summary>The published JSON Schema of rules: the form of a document. What it means beside the tenant's fields is <see cref="RuleDocument"/>'s.</summary>
public static class RuleSchema
{
    private static readonly JsonSchema Schema = JsonSchema.FromText(Text);

    /// <summary>The schema itself, as it is published.</summary>
    public static string Text => Resources.Read("Rules.rule.schema.json");

    /// <exception cref="RuleFault">The first place at which the document is none; the deepest, since that is what its author mistook.</exception>
    public static void Check(JsonElement document)
    {
        if (SchemaFault.In(Schema, document) is not { } faults)
            return;
        throw faults is [var fault, ..] ? new RuleFault(fault.Path, Plain(fault.Keyword, fault.Message)) : new RuleFault("", "it is no rule; see the schema at /api/v1/rules/schema.");
    }

    private static string Plain(string keyword, string message) => keyword.Length == 0 || keyword == "additionalProperties"
        ? "nothing of this name belongs here; leave it out, or see /api/v1/rules/schema for what does."
        : message.Replace("\\u0022", "\"", StringComparison.Ordinal);
}
