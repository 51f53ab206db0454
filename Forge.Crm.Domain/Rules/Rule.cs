using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>A tenant's rule: when, find, if, then. Read from its document by <see cref="RuleDocument"/>.</summary>
/// <param name="Version">Of the document; grows with each change.</param>
/// <param name="If">Null: whenever it is triggered.</param>
/// <param name="Aliases">The kinds of the records that its names stand for.</param>
public sealed record Rule(
    Guid Id, string Name, int Version, ImmutableDictionary<string, JsonElement> Settings, ImmutableArray<RuleTrigger> When, ImmutableArray<RuleFind> Find, RuleCondition? If,
    ImmutableArray<RuleAction> Then, ImmutableDictionary<string, RecordKind> Aliases)
{
    /// <summary>What of the history makes it be looked at; see <see cref="RuleTrigger.Listens"/>.</summary>
    public ImmutableArray<string> Listens { get; } = [.. When.SelectMany(trigger => trigger.Listens).Distinct()];

    /// <summary>What of the condition can be asked before anything is looked for: most events are none of a rule's, and cost no question then.</summary>
    public ImmutableArray<RuleCondition> First { get; } =
        [.. (If is RuleCondition.All all ? all.Parts : If is null ? [] : [If]).Where(part => !part.Names.Intersect(Find.Select(find => find.Alias)).Any())];

    /// <summary>Whether it assigns to whom has the fewest open deals: those must be counted first.</summary>
    public bool CountsDeals { get; } = Then.OfType<RuleAction.Assign>().Any(assign => assign.By == RuleTurn.LeastLoaded);

    public bool TakesTurns { get; } = Then.OfType<RuleAction.Assign>().Any(assign => assign.By == RuleTurn.RoundRobin);

    /// <summary>Stages that it names and the tenant has not: it says so instead of staying silent.</summary>
    public IEnumerable<string> Unmapped(RuleFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var scope = new RuleScope(facts, this, new(0, RuleEventType.Time, null, null, RuleEvent.NoChanges, facts.Now));
        return When.Where(trigger => !trigger.Stages.IsDefault).SelectMany(trigger => trigger.Stages)
            .Concat(Then.OfType<RuleAction.MoveStage>().Select(move => move.Stage))
            .Where(stage => stage.Names.All(name => name.StartsWith("settings.", StringComparison.Ordinal)))
            .Select(stage => stage.In(scope) ?? "").Where(name => facts.StagesCalled(name).IsEmpty).Distinct();
    }
}
