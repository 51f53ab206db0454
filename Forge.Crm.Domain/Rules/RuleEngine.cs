namespace Forge.Crm.Domain.Rules;

/// <summary>
/// (record, change, facts, rule) -> effects. What a rule looks for is read between <see cref="Fires"/> and <see cref="Decide"/>, by whoever has the
/// database; everything else is decided here.
/// </summary>
public static class RuleEngine
{
    /// <summary>The scope in which a rule looks at an event; null where it is none of the rule's, as far as the record itself says.</summary>
    /// <param name="record">That the event is about, as it is now; null for an app's event.</param>
    public static RuleScope? Fires(Rule rule, RuleEvent happened, RuleRecord? record, RuleFacts facts)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(happened);
        if (happened.OnlyRule is { } only && only != rule.Id)
            return null;
        var scope = new RuleScope(facts, rule, happened);
        if (record is not null)
            scope.Bind(RuleScope.Record, record);
        foreach (var trigger in rule.When)
        {
            if (trigger.Fires(scope))
                return rule.First.All(part => part.Holds(scope)) ? scope : null;
        }

        return null;
    }

    /// <summary>What the rule does, once what it looks for is bound; null where its condition does not hold.</summary>
    /// <param name="turn">How often the rule has assigned by turns before.</param>
    /// <exception cref="RuleRunException">The rule cannot do what it says with this record; the message holds no value.</exception>
    public static RuleDecision? Decide(RuleScope scope, Func<Guid> newId, long turn)
    {
        ArgumentNullException.ThrowIfNull(scope);
        if (scope.Rule.If?.Holds(scope) == false)
            return null;
        var actor = new RuleActor(scope, newId, turn);
        foreach (var action in scope.Rule.Then)
        {
            if (action.If?.Holds(scope) != false)
                actor.Do(action);
        }

        return new([.. actor.Effects], [.. scope.Notes], actor.TurnTaken);
    }
}
