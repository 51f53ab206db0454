using System.Collections.Immutable;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>The values that a rule gives to fields, in canonical form; a stage is named by its label, an owner by the address.</summary>
internal sealed class RuleFields(RuleScope scope)
{
    private static readonly ImmutableDictionary<string, Func<RuleFacts, string, Guid?>> References = new Dictionary<string, Func<RuleFacts, string, Guid?>>
    {
        ["owner_id"] = (facts, name) => facts.OwnerCalled(name)?.OwnerId,
        ["stage_id"] = (facts, name) => facts.StagesCalled(name).FirstOrDefault()?.StageId,
        ["pipeline_id"] = (facts, name) => facts.Stages.FirstOrDefault(stage => stage.Pipeline == name)?.PipelineId,
    }.ToImmutableDictionary();

    /// <exception cref="RuleRunException">A field cannot hold what comes of its template.</exception>
    public ImmutableDictionary<string, string?> Of(RecordShape shape, ImmutableArray<(string Field, RuleValue Value)> fields)
    {
        var values = ImmutableDictionary.CreateBuilder<string, string?>();
        foreach (var (name, value) in fields)
        {
            var field = shape.Fields[shape.IndexOf(name)];
            values[name] = Canonically(shape.Kind, field, value.In(scope));
        }

        return values.ToImmutable();
    }

    private string? Canonically(RecordKind kind, Field field, string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        if (field.Type == FieldType.Reference && !Guid.TryParse(text, out _))
            return Reference(field.Name, text);
        try
        {
            return Canonical.Of(field.Type, text, scope.Facts.Locale);
        }
        catch (FormatException e)
        {
            throw new RuleRunException($"{kind.ToName()}.{field.Name}: {e.Message}");
        }
    }

    // An owner who has left leaves the field empty; a stage that there is not would put the deal nowhere.
    private string? Reference(string field, string name)
    {
        if (References.GetValueOrDefault(field)?.Invoke(scope.Facts, name) is { } id)
            return id.ToString();
        if (field != "owner_id")
            throw new RuleRunException($"no {field.Replace("_id", "", StringComparison.Ordinal)} is called as the rule says; write one of the tenant's into its settings");
        scope.Note("an owner that the rule names is not there, or not active");
        return null;
    }
}
