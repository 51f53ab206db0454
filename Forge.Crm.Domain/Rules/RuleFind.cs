using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>
/// A record that a rule looks for before it decides: among those associated with others (in the order named), else by a match key; the newest that
/// the condition holds for. It is locked until the rule's actions are committed, so two rules never both find it missing.
/// </summary>
/// <param name="Of">Aliases whose associated records are candidates.</param>
/// <param name="Key">A key of <c>crm_identities</c>, such as <c>email:{{ record.from_email }}</c>; null: none.</param>
/// <param name="Where">May name the candidate by its alias.</param>
public sealed record RuleFind(string Alias, RecordKind Kind, ImmutableArray<string> Of, RuleValue? Key, RuleCondition? Where)
{
    /// <summary>Binds the first candidate that is wanted, or none.</summary>
    /// <param name="candidates">Live ones, the newest first.</param>
    /// <returns>Whether one was.</returns>
    public bool Choose(RuleScope scope, IEnumerable<RuleRecord> candidates)
    {
        foreach (var candidate in candidates)
        {
            scope.Bind(Alias, candidate);
            if (Where?.Holds(scope) != false)
                return true;
        }

        scope.Bind(Alias, null);
        return false;
    }

    /// <summary>The match key in this scope; null where it says nothing.</summary>
    public string? KeyIn(RuleScope scope) => Key?.In(scope)?.Trim() is { Length: > 0 } key && !key.EndsWith(':')
        ? key.StartsWith("email:", StringComparison.Ordinal) || key.StartsWith("domain:", StringComparison.Ordinal) ? key.ToLowerInvariant() : key
        : null;
}
