using System.Collections.Frozen;
using System.Collections.Immutable;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

public enum RuleTriggerType
{
    Created,
    Changed,
    Deleted,
    StageEntered,
    ActivityLogged,
    EmailReplied,
    MeetingScheduled,
    Event,
    Time,
}

/// <summary>When a rule is looked at.</summary>
/// <param name="Kind">Of the record; for triggers that name none it is their own.</param>
/// <param name="Field">That changed, or whose date comes.</param>
/// <param name="Type">Of the activity, or of the app's event.</param>
/// <param name="WithinDays">Of a time: the field's date is today or fewer than so many days away.</param>
/// <param name="QuietDays">Of a time: no activity of the record's for so many days; null: whatever there was.</param>
/// <param name="OncePer">Of a time: fields whose values make it a new occasion.</param>
public sealed record RuleTrigger(
    RuleTriggerType On, RecordKind? Kind, string? Field = null, RuleValue? From = null, RuleValue? To = null, ImmutableArray<RuleValue> Stages = default, string? Type = null,
    RuleValue? WithinDays = null, RuleValue? QuietDays = null, ImmutableArray<string> OncePer = default)
{
    private static readonly FrozenDictionary<RuleTriggerType, Func<RuleTrigger, ImmutableArray<string>>> Heard =
        new Dictionary<RuleTriggerType, Func<RuleTrigger, ImmutableArray<string>>>
        {
            [RuleTriggerType.Created] = trigger => [$"{trigger.Kind!.Value.ToName()}:create"],
            [RuleTriggerType.Changed] = trigger => [$"{trigger.Kind!.Value.ToName()}:set:{trigger.Field}"],
            [RuleTriggerType.Deleted] = trigger => [$"{trigger.Kind!.Value.ToName()}:delete"],
            [RuleTriggerType.StageEntered] = _ => ["deal:create", "deal:set:stage_id"],
            [RuleTriggerType.ActivityLogged] = _ => ["activity:create"],
            [RuleTriggerType.EmailReplied] = _ => ["activity:create"],
            [RuleTriggerType.MeetingScheduled] = _ => ["activity:create"],
            [RuleTriggerType.Event] = trigger => [$"event:{trigger.Type}"],
            [RuleTriggerType.Time] = _ => [],
        }.ToFrozenDictionary();

    private static readonly FrozenDictionary<RuleTriggerType, Func<RuleTrigger, RuleScope, bool>> Tests =
        new Dictionary<RuleTriggerType, Func<RuleTrigger, RuleScope, bool>>
        {
            [RuleTriggerType.Created] = (trigger, scope) => IsCreated(scope, trigger.Kind),
            [RuleTriggerType.Changed] = (trigger, scope) => trigger.IsChanged(scope),
            [RuleTriggerType.Deleted] = (trigger, scope) => scope.Event.Type == RuleEventType.Deleted && scope.Event.Kind == trigger.Kind,
            [RuleTriggerType.StageEntered] = (trigger, scope) => trigger.IsEntered(scope),
            [RuleTriggerType.ActivityLogged] = (trigger, scope) => IsLogged(scope, trigger.Type),
            [RuleTriggerType.EmailReplied] = (_, scope) => IsLogged(scope, "email") && scope.Find(RuleScope.Record)?["direction"] == "inbound",
            [RuleTriggerType.MeetingScheduled] = (_, scope) => IsLogged(scope, "meeting") && RuleTimes.Instant(scope.Find(RuleScope.Record)?["occurred_at"]) > scope.Event.At,
            [RuleTriggerType.Event] = (trigger, scope) => scope.Event.Type == RuleEventType.App && scope.Event.AppType == trigger.Type,
            [RuleTriggerType.Time] = (_, scope) => scope.Event.Type == RuleEventType.Time,
        }.ToFrozenDictionary();

    /// <summary>What of the history makes the rule be looked at: <c>deal:set:stage_id</c>, <c>contact:create</c>, <c>event:folio.transaction.completed</c>.</summary>
    public ImmutableArray<string> Listens => Heard[On](this);

    /// <summary>Whether the event is one of those that the rule is for; the record is bound already.</summary>
    public bool Fires(RuleScope scope) => Tests[On](this, scope);

    private static bool IsCreated(RuleScope scope, RecordKind? kind) => scope.Event.Type == RuleEventType.Created && scope.Event.Kind == kind;

    private static bool IsLogged(RuleScope scope, string? type) =>
        IsCreated(scope, RecordKind.Activity) && (type is null || scope.Find(RuleScope.Record)?["type"] == type);

    private bool IsChanged(RuleScope scope)
    {
        if (scope.Event.Type != RuleEventType.Changed || scope.Event.Kind != Kind || !scope.Event.Changes.TryGetValue(Field!, out var change))
            return false;
        return (From is null || Is(scope, From, change.Old)) && (To is null || Is(scope, To, change.New));
    }

    private bool Is(RuleScope scope, RuleValue wanted, string? text)
    {
        var shape = scope.Facts.ShapeOf(Kind!.Value);
        var named = wanted.In(scope);
        return Field == "stage_id" && !Guid.TryParse(named, out _)
            ? scope.Facts.StagesCalled(named).Any(stage => stage.StageId.ToString() == text)
            : Canonical.Same(shape.Fields[shape.IndexOf(Field!)].Type, text ?? "", named ?? "", scope.Facts.Locale);
    }

    private bool IsEntered(RuleScope scope)
    {
        if (scope.Event.Kind != RecordKind.Deal || scope.Event.Type is not (RuleEventType.Created or RuleEventType.Changed))
            return false;
        if (scope.Event.Type == RuleEventType.Changed && !scope.Event.Changes.ContainsKey("stage_id"))
            return false;
        var now = scope.Find(RuleScope.Record)?["stage_id"];
        return now is not null && Stages.SelectMany(name => scope.Facts.StagesCalled(name.In(scope))).Any(stage => stage.StageId.ToString() == now);
    }
}
