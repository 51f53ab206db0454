using System.Collections.Immutable;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>What a person chose for a held field.</summary>
public enum ReviewPick
{
    Hub,
    Remote,

    /// <summary>A value that the person typed.</summary>
    Value,
}

/// <param name="Value">For <see cref="ReviewPick.Value"/>; null clears the field.</param>
public sealed record ReviewChoice(ReviewPick Pick, string? Value = null);

/// <summary>
/// Ends an open conflict as a person decided: the field is free again, and every platform that shows something else is due. The value
/// that was not chosen goes into the history, with the person.
/// </summary>
/// <param name="policy">Of the conflict's platform.</param>
public sealed class ReviewPlanner(SyncPolicy policy, Func<RecordKind, RecordShape> shapeOf)
{
    /// <param name="conflict">As it stands in <paramref name="set"/>, which also holds the record and its link to the platform.</param>
    /// <exception cref="FormatException">The typed value is none that the field can hold.</exception>
    public BatchPlan Resolve(WorkingSet set, FieldConflict conflict, ReviewChoice choice, Cause person, DateTimeOffset now)
    {
        var hub = set.Record(conflict.RecordId)
            ?? throw new InvalidOperationException($"The record of the conflict on {conflict.Kind.ToName()}.{conflict.Field} was not loaded.");
        var i = shapeOf(hub.Kind).IndexOf(conflict.Field);
        var current = new Candidate(hub.Values[i], hub.Stamps[i]);
        var chosen = Chosen(conflict, choice, current, shapeOf(hub.Kind).Fields[i].Type, now);
        var history = new List<HistoryEntry>();
        void Note(HistoryAction action, string? old, string? @new, Stamp stamp) =>
            history.Add(new(hub.Kind, hub.Id, action, conflict.Field, old, @new, stamp.By, stamp.At, person));

        if (!Same(conflict, chosen.Value, conflict.Remote.Value))
            Note(HistoryAction.Lost, chosen.Value, conflict.Remote.Value, conflict.Remote.Stamp);
        if (chosen.Stamp != current.Stamp)
        {
            if (chosen.Value != current.Value)
                Note(HistoryAction.Set, current.Value, chosen.Value, chosen.Stamp);
            set.Put(hub with { Values = hub.Values.SetItem(i, chosen.Value), Stamps = hub.Stamps.SetItem(i, chosen.Stamp) });
        }

        if (set.LinkOf(hub.Id) is { } link)
            set.Put(Level(link, i, chosen, conflict));
        set.Put(new ConflictChange(conflict, IsOpen: false));
        return new(
            [new(ChangeOutcome.Updated, hub.Id)], [.. history],
            [.. policy.Targets.Where(target => target.Kinds.Contains(hub.Kind)).Select(target => new PushDue(target.Platform, hub.Kind, hub.Id))]);
    }

    private Candidate Chosen(FieldConflict conflict, ReviewChoice choice, in Candidate hub, FieldType type, DateTimeOffset now) => choice.Pick switch
    {
        ReviewPick.Hub => hub,
        ReviewPick.Remote => new(conflict.Remote.Value, conflict.Remote.Stamp.After(hub.Stamp)),
        _ => new(Canonical.Of(type, choice.Value, policy.Locale), new Stamp(Stamp.Micros(now), Platform.Supabase).After(hub.Stamp)),
    };

    // The person has seen what the platform does with our values: it may undo them three times more.
    private RecordLink Level(RecordLink link, int i, in Candidate chosen, FieldConflict conflict) => link with
    {
        Level = Same(conflict, link.Seen[i], chosen.Value) ? link.Level.SetItem(i, chosen.Stamp) : link.Level,
        Pushed = link.Pushed.GetValueOrDefault(i) is { } pushed
            ? link.Pushed.SetItem(i, pushed with { Returned = null, Repeats = 0 })
            : link.Pushed,
    };

    private bool Same(FieldConflict conflict, string? a, string? b) =>
        Canonical.Same(shapeOf(conflict.Kind).Fields[shapeOf(conflict.Kind).IndexOf(conflict.Field)].Type, a, b, policy.Locale);
}
