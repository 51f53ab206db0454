using System.Collections.Immutable;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>Carries out a rule's actions in thought: what later actions see is what earlier ones made.</summary>
internal sealed partial class RuleActor(RuleScope scope, Func<Guid> newId, long turn)
{
    private readonly RuleFields _fields = new(scope);

    public List<RuleEffect> Effects { get; } = [];

    public bool TurnTaken { get; private set; }

    public void Do(RuleAction action)
    {
        switch (action)
        {
            case RuleAction.Create create:
                Create(create);
                break;
            case RuleAction.Set set:
                Set(set.Record, record => _fields.Of(record.Shape, set.Fields));
                break;
            case RuleAction.MoveStage move:
                Set(move.Record, record => Moved(record, move));
                break;
            case RuleAction.Assign assign:
                Set(assign.Record, record => Assigned(record, assign));
                break;
            case RuleAction.Alert alert:
                Effects.Add(Alert(alert));
                break;
            case RuleAction.HubSpotLead lead:
                Lead(lead);
                break;
            case RuleAction.Webhook webhook:
                Effects.Add(Webhook(webhook));
                break;
        }
    }

    private void Create(RuleAction.Create create)
    {
        if (create.Unless is { } unless && scope.Find(unless) is { } there)
        {
            Bind(create.As, there);
            return;
        }

        var shape = scope.Facts.ShapeOf(create.Kind);
        var values = _fields.Of(shape, create.Fields).Where(value => value.Value is not null).ToDictionary(value => value.Key, value => value.Value!);
        if (create.Kind == RecordKind.Deal)
            BeginDeal(values);
        var record = new RuleRecord(shape, newId(), [.. shape.Fields.Select(field => values.GetValueOrDefault(field.Name))]);
        var key = create.Key?.In(scope)?.Trim();
        var keys = MatchKeys.Of(shape, i => record.Values[i]);
        Effects.Add(new RuleEffect.Create(
            create.Kind, record.Id, values.ToImmutableDictionary(), string.IsNullOrEmpty(key) ? keys : keys.Add(key),
            [.. create.Link.Select(scope.Find).OfType<RuleRecord>().Select(other => (other.Kind, other.Id)).Distinct()]));
        Bind(create.As, record);
    }

    // A deal stands in a stage, which says its pipeline and whether it is open, won or lost; without any it begins at the beginning.
    private void BeginDeal(Dictionary<string, string> values)
    {
        var named = values.GetValueOrDefault("stage_id");
        var stage = named is null ? scope.Facts.FirstStage : scope.Facts.Stages.FirstOrDefault(stage => stage.StageId.ToString() == named);
        values.TryAdd("status", stage?.Status ?? "open");
        if (stage is null)
            return;
        values["stage_id"] = stage.StageId.ToString();
        values.TryAdd("pipeline_id", stage.PipelineId.ToString());
    }

    private void Set(string alias, Func<RuleRecord, ImmutableDictionary<string, string?>> valuesOf)
    {
        if (Known(alias) is not { } record)
            return;
        var changed = valuesOf(record).Where(value => record[value.Key] != value.Value).ToImmutableDictionary();
        if (changed.IsEmpty)
            return;
        Effects.Add(new RuleEffect.Set(record.Kind, record.Id, changed));
        scope.Bind(alias, record with { Values = [.. record.Shape.Fields.Select((field, i) => changed.TryGetValue(field.Name, out var value) ? value : record.Values[i])] });
    }

    private ImmutableDictionary<string, string?> Moved(RuleRecord deal, RuleAction.MoveStage move)
    {
        var named = move.Stage.In(scope);
        var candidates = scope.Facts.StagesCalled(named);
        if (candidates.IsEmpty)
            throw new RuleRunException($"no stage is called '{named}'; write one of the tenant's into the rule's settings");
        var at = scope.Facts.Stages.FirstOrDefault(stage => stage.StageId.ToString() == deal["stage_id"]);
        var to = candidates.FirstOrDefault(stage => stage.PipelineId.ToString() == deal["pipeline_id"]) ?? candidates[0];
        if (!move.IsBackwardsToo && (deal["status"] is "won" or "lost" || (at is not null && at.PipelineId == to.PipelineId && at.Position >= to.Position)))
            return ImmutableDictionary<string, string?>.Empty;
        var moved = ImmutableDictionary<string, string?>.Empty
            .Add("stage_id", to.StageId.ToString()).Add("pipeline_id", to.PipelineId.ToString());
        return to.Status == (deal["status"] ?? "open") ? moved : moved.Add("status", to.Status);
    }

    private ImmutableDictionary<string, string?> Assigned(RuleRecord record, RuleAction.Assign assign)
    {
        var none = ImmutableDictionary<string, string?>.Empty;
        if (record["owner_id"] is not null && !assign.IsReplacing)
            return none;
        // A setting that is left empty names nobody, as if it were not there.
        var named = string.Join(',', assign.Owners.Select(owner => owner.In(scope)).Where(text => !string.IsNullOrWhiteSpace(text)));
        Owner[] candidates = named.Length == 0
            ? [.. scope.Facts.Owners.Where(owner => owner.IsActive)]
            : [.. Named(named).DistinctBy(owner => owner.OwnerId)];
        if (candidates.Length == 0)
        {
            scope.Note("no owner is free: none that the rule names is active");
            return none;
        }

        if (assign.By == RuleTurn.LeastLoaded)
            return none.Add("owner_id", candidates.MinBy(owner => scope.Facts.OpenDeals.GetValueOrDefault(owner.OwnerId))!.OwnerId.ToString());
        TurnTaken = true;
        return none.Add("owner_id", candidates[(int)(turn % candidates.Length)].OwnerId.ToString());
    }

    // One text may name several, as a setting does: "ann@example.com, bo@example.com".
    private IEnumerable<Owner> Named(string names)
    {
        foreach (var name in names.Split([',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (scope.Facts.OwnerCalled(name) is { } owner)
                yield return owner;
            else
                scope.Note("an owner that the rule names is not there, or not active");
        }
    }

    private RuleRecord? Known(string alias)
    {
        if (scope.Find(alias) is { } record)
            return record;
        scope.Note($"there is no {alias}: what was to be done with it was left out");
        return null;
    }

    private void Bind(string? alias, RuleRecord record)
    {
        if (alias is not null)
            scope.Bind(alias, record);
    }
}
