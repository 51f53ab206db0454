using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>Tells what a plan would do, for people; pure. It decides nothing: the planners have.</summary>
public static class PlannedChanges
{
    private static readonly ImmutableDictionary<HistoryAction, PlannedAction> Actions = new Dictionary<HistoryAction, PlannedAction>
    {
        [HistoryAction.Create] = PlannedAction.Create,
        [HistoryAction.Set] = PlannedAction.Update,
        [HistoryAction.Associate] = PlannedAction.Update,
        [HistoryAction.Dissociate] = PlannedAction.Update,
        [HistoryAction.Lost] = PlannedAction.Conflict,
        [HistoryAction.Held] = PlannedAction.Conflict,
        [HistoryAction.Delete] = PlannedAction.Delete,
        [HistoryAction.Restore] = PlannedAction.Restore,
        [HistoryAction.Merge] = PlannedAction.Merge,
    }.ToImmutableDictionary();

    private static readonly ImmutableDictionary<PushKind, PlannedAction> Pushes = new Dictionary<PushKind, PlannedAction>
    {
        [PushKind.Nothing] = PlannedAction.Level,
        [PushKind.Create] = PlannedAction.Create,
        [PushKind.Update] = PlannedAction.Update,
        [PushKind.Delete] = PlannedAction.Delete,
        [PushKind.Merge] = PlannedAction.Merge,
        [PushKind.Wait] = PlannedAction.Merge,
    }.ToImmutableDictionary();

    /// <summary>What a batch would change in the hub: what its history says, and which records it joins or lets go.</summary>
    /// <param name="set">As the batch left it.</param>
    public static IEnumerable<PlannedChange> InHub(WorkingSet set, BatchPlan plan)
    {
        var refs = set.NewLinks.Values.Concat(set.ChangedLinks.Values).Where(link => link.State is LinkState.Live or LinkState.Deleted)
            .OrderBy(link => link.State).GroupBy(link => link.RecordId).ToDictionary(group => group.Key, group => (RemoteRef?)group.First().Ref);
        RemoteRef? RefOf(Guid id) => refs.GetValueOrDefault(id) ?? set.LinkOf(id)?.Ref;
        var told = new HashSet<(Guid, PlannedAction)>();
        foreach (var record in plan.History.GroupBy(entry => (entry.Kind, entry.RecordId)))
        {
            var isNew = record.Any(entry => entry.Action == HistoryAction.Create);
            PlannedAction ActionOf(HistoryEntry entry) => Actions[entry.Action] is var action && isNew && action == PlannedAction.Update ? PlannedAction.Create : action;
            foreach (var action in record.GroupBy(ActionOf))
            {
                told.Add((record.Key.RecordId, action.Key));
                yield return new(Platform.Supabase, record.Key.Kind, record.Key.RecordId, action.Key, RefOf(record.Key.RecordId), [.. action.SelectMany(Differences)]);
            }
        }

        PlannedChange Of(RecordLink link, PlannedAction action) => new(Platform.Supabase, link.Ref.Kind.ToRecordKind(), link.RecordId, action, link.Ref, []);
        foreach (var joined in set.NewLinks.Values.Where(link => link.State == LinkState.Live && !told.Contains((link.RecordId, PlannedAction.Create))))
            yield return Of(joined, PlannedAction.Link);
        foreach (var ended in set.ChangedLinks.Values.Where(link => link.State == LinkState.Deleted && set.Record(link.RecordId) is { IsLive: true }))
            yield return Of(ended, PlannedAction.Unlink);
    }

    /// <summary>What a look at a record found that a platform is due.</summary>
    /// <param name="there">Its link to that platform before the look; null where there is none.</param>
    public static PlannedChange OfPush(Platform platform, HubRecord hub, RecordShape shape, RecordLink? there, PushPlan plan, LinkPlan links)
    {
        var action = plan.Kind == PushKind.Nothing && !links.Due.IsEmpty ? PlannedAction.Update : Pushes[plan.Kind];
        IEnumerable<FieldDifference> fields = plan.Fields.Select(i => new FieldDifference(
            shape.Fields[i].Name, plan.Kind == PushKind.Update ? there?.Seen[i] : null, hub.Values[i]));
        if (plan.Into is { } into)
            fields = [new("merged_into", plan.Link?.Ref.Id, into.Id)];
        return new(
            platform, hub.Kind, hub.Id, action, (there ?? plan.Link) is { HasId: true } link ? link.Ref : null, [.. fields, .. links.Due.Select(Difference)]);
    }

    private static FieldDifference Difference(LinkDue link)
    {
        var (kind, id) = (link.Key.ToKind.ToName(), link.Key.ToId.ToString());
        return link.IsAdded ? new(kind, null, id) : new(kind, id, null);
    }

    private static IEnumerable<FieldDifference> Differences(HistoryEntry entry) => entry.Action switch
    {
        HistoryAction.Create => Created(entry.NewValue),
        HistoryAction.Merge => [new("merged_into", entry.OldValue, entry.NewValue)],
        HistoryAction.Delete or HistoryAction.Restore => [],
        _ => [new(entry.Field ?? "", entry.OldValue, entry.NewValue)],
    };

    // As CreatedValues wrote it.
    private static IEnumerable<FieldDifference> Created(string? json)
    {
        using var values = JsonDocument.Parse(json ?? "{}");
        return [.. values.RootElement.EnumerateObject().Select(member => new FieldDifference(member.Name, null, member.Value.GetString()))];
    }
}
