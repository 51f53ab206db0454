using System.Collections.Immutable;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>What a batch of the engine's changed, as rules hear of it: from what is in memory, without a look at the database.</summary>
public static class PlannedEvents
{
    private static readonly ImmutableDictionary<HistoryAction, RuleEventType> Types = new Dictionary<HistoryAction, RuleEventType>
    {
        [HistoryAction.Create] = RuleEventType.Created,
        [HistoryAction.Set] = RuleEventType.Changed,
        [HistoryAction.Delete] = RuleEventType.Deleted,
        [HistoryAction.Restore] = RuleEventType.Restored,
    }.ToImmutableDictionary();

    /// <param name="isHeard">Whether any rule listens to a key such as <c>deal:set:stage_id</c>.</param>
    /// <returns>Without ids: an event gets one when a rule acts on it.</returns>
    public static IEnumerable<(RuleEvent Event, RuleRecord? Record)> Of(
        WorkingSet set, BatchPlan plan, Func<string, bool> isHeard, Func<RecordKind, RecordShape> shapeOf, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(set);
        var heard = plan.History.Where(entry => entry.Cause.IsNews && Types.ContainsKey(entry.Action) && isHeard(KeyOf(entry.Kind, entry.Action, entry.Field)));
        foreach (var group in heard.GroupBy(entry => (entry.RecordId, entry.Kind, Type: Types[entry.Action])))
        {
            var changes = group.Key.Type == RuleEventType.Changed
                ? group.GroupBy(entry => entry.Field!).ToImmutableDictionary(field => field.Key, field => new FieldChange(field.First().OldValue, field.Last().NewValue))
                : RuleEvent.NoChanges;
            var record = set.Record(group.Key.RecordId) is { } hub ? new RuleRecord(shapeOf(hub.Kind), hub.Id, hub.Values) : null;
            yield return (new(0, group.Key.Type, group.Key.Kind, group.Key.RecordId, changes, now), record);
        }
    }

    /// <summary>The key by which rules listen: <c>contact:create</c>, <c>deal:set:stage_id</c>.</summary>
    public static string KeyOf(RecordKind kind, HistoryAction action, string? field) =>
        action == HistoryAction.Set ? $"{kind.ToName()}:set:{field}" : $"{kind.ToName()}:{action.ToName()}";
}
