using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>A journaled event, read.</summary>
internal sealed record JournaledEvent(ClaimedEvent Row, ChangeEvent Event);

/// <summary>The events that were claimed together, by the record that they are about. Pure: what to read, what came of it, what to put off.</summary>
internal sealed class EventBatch
{
    /// <summary>A record whose events died with their worker, or never settled, this often is given up.</summary>
    public const int MaxAttempts = 10;

    /// <summary>After this many reads a snapshot that still does not show the event is taken as it is: the next sync compares again.</summary>
    private const int MaxRereads = 4;

    private readonly List<EventOutcome> _settled = [];
    private readonly Dictionary<RemoteRef, List<JournaledEvent>> _byRef = [];

    public EventBatch(IEnumerable<JournaledEvent> events, Func<RemoteKind, bool> isSynced)
    {
        foreach (var item in events)
        {
            if (item.Row.Attempts > MaxAttempts)
                _settled.Add(new(item.Row.Id, EventStatus.Failed, $"given up after {MaxAttempts} attempts"));
            else if (item.Event.Ref is not { } reference || item.Event.Type == ChangeType.Unknown)
                _settled.Add(new(item.Row.Id, EventStatus.Ignored, "nothing that is synced"));
            else if (!isSynced(reference.Kind))
                _settled.Add(new(item.Row.Id, EventStatus.Ignored, $"{reference.Kind.ToName()} is not synced"));
            else if (_byRef.TryGetValue(reference, out var list))
                list.Add(item);
            else
                _byRef[reference] = [item];
        }
    }

    /// <summary>Events that need no reading: their outcome is already known.</summary>
    public IReadOnlyList<EventOutcome> Settled => _settled;

    /// <summary>What has to be read, by kind: one call for up to a hundred records, however many events they have.</summary>
    public ILookup<RemoteKind, string> ToRead => _byRef
        .Where(pair => !pair.Value.Any(item => item.Event.Type == ChangeType.Erased))
        .ToLookup(pair => pair.Key.Kind, pair => pair.Key.Id);

    /// <summary>
    /// Associations that events tell of, and all of a record that others were merged into: it has theirs from then on, and HubSpot tells of none of them.
    /// </summary>
    public ILookup<(RemoteKind From, RemoteKind To), string> AssociationsToRead(IReadOnlyDictionary<RemoteRef, RemoteSnapshot> snapshots) => _byRef
        .SelectMany(pair => pair.Value
            .SelectMany(item => item.Event switch
            {
                { AssociatedKind: { } to } => [to],
                // One that is not shown under this id is merged itself by now: it has none any more, and that is no removal.
                { Type: ChangeType.Merged } when snapshots.TryGetValue(pair.Key, out var survivor) && Carried(survivor).IsEmpty => AssociationKinds.From(pair.Key.Kind),
                _ => ImmutableArray<RemoteKind>.Empty,
            })
            .Select(to => (Kinds: (pair.Key.Kind, to), pair.Key.Id)))
        .Distinct()
        .ToLookup(item => item.Kinds, item => item.Id);

    public IReadOnlyList<Observation> Observe(
        IReadOnlyDictionary<RemoteRef, RemoteSnapshot> snapshots, ILookup<RemoteRef, RemoteAssociations> associations, DateTimeOffset now)
    {
        var observed = new List<Observation>(_byRef.Count);
        foreach (var (reference, events) in _byRef)
        {
            var snapshot = snapshots.GetValueOrDefault(reference);
            if (IsBehind(snapshot, events))
                _settled.AddRange(PutOff(events, "the platform's read is behind the event", now));
            else
                observed.Add(Observe(reference, events, snapshot, [.. associations[reference], .. Carried(snapshot)]));
        }

        return observed;
    }

    /// <summary>The associations that the record itself names (Pipedrive's do).</summary>
    private static ImmutableArray<RemoteAssociations> Carried(RemoteSnapshot? snapshot) =>
        snapshot is { Associations.IsDefault: false } ? snapshot.Associations : [];

    /// <summary>The journal rows of applied observations.</summary>
    public IEnumerable<EventOutcome> Outcomes(IEnumerable<Applied> applied, DateTimeOffset now) =>
        from item in applied
        where _byRef.ContainsKey(item.Observation.Ref)
        from row in _byRef[item.Observation.Ref]
        select item.Result.Outcome == ChangeOutcome.Outdated && row.Row.Attempts < MaxRereads
            ? PutOff([row], item.Result.Reason!, now).Single()
            : new EventOutcome(row.Row.Id, StatusOf(item.Result.Outcome), item.Result.Reason);

    /// <summary>All events that are not settled, for another try.</summary>
    public IEnumerable<EventOutcome> PutOffAll(string reason, DateTimeOffset now, TimeSpan? atLeast = null) =>
        _byRef.Values.SelectMany(events => PutOff(events, reason, now, atLeast));

    public static IEnumerable<EventOutcome> PutOff(IEnumerable<JournaledEvent> events, string reason, DateTimeOffset now, TimeSpan? atLeast = null) =>
        events.Select(item => new EventOutcome(
            item.Row.Id, EventStatus.Pending, reason, now + (Backoff(item.Row.Attempts) is var wait && wait > atLeast ? wait : atLeast ?? wait)));

    private static TimeSpan Backoff(int attempts) => TimeSpan.FromSeconds(Math.Min(300, Math.Pow(2, attempts - 1)));

    /// <summary>Whether the read was answered from before one of the events: calling that "unchanged" would lose the edit.</summary>
    private static bool IsBehind(RemoteSnapshot? snapshot, List<JournaledEvent> events) =>
        events.Any(item => item.Row.Attempts < MaxRereads && (snapshot, item.Event) switch
        {
            // Not shown yet; or gone, and the event that says how is still on its way.
            (null, { Type: ChangeType.Created or ChangeType.Restored or ChangeType.Changed } told) => !IsEnded(events, told.OccurredAt),
            ({ } shown, { Type: ChangeType.Changed, Property: { } property } told) =>
                shown.UpdatedAt < told.OccurredAt && (shown.Properties.GetValueOrDefault(property) ?? "") != (told.Value ?? ""),
            ({ } shown, { Version: { } version }) => shown.UpdatedAt < version,
            _ => false,
        });

    // What was changed after a deletion was brought back before, whether or not that is told as well.
    private static bool IsEnded(List<JournaledEvent> events, DateTimeOffset since) =>
        events.Any(item => item.Event.Type is ChangeType.Erased or ChangeType.Merged || (item.Event.Type == ChangeType.Deleted && item.Event.OccurredAt >= since));

    private static Observation Observe(
        RemoteRef reference, List<JournaledEvent> events, RemoteSnapshot? snapshot, ImmutableArray<RemoteAssociations> associations)
    {
        var newest = events.MaxBy(item => (item.Event.OccurredAt, item.Row.Id))!;
        return new(
            reference, snapshot, [.. events.Select(item => item.Event)], LifecycleOf(events),
            [.. events.SelectMany(item => item.Event.MergedIds ?? []).Distinct()], associations,
            new Cause(CauseKind.Event, newest.Row.Id.ToString(CultureInfo.InvariantCulture), newest.Event.Actor))
        {
            IsLast = events.Any(item => item.Row.Attempts >= MaxRereads),
        };
    }

    private static Lifecycle? LifecycleOf(List<JournaledEvent> events) =>
        events
            .Where(item => item.Event.Type is ChangeType.Deleted or ChangeType.Restored or ChangeType.Erased)
            .OrderBy(item => item.Event.Type == ChangeType.Erased) // erasure is final, whatever came after
            .ThenBy(item => item.Event.OccurredAt)
            .ThenBy(item => item.Event.Type == ChangeType.Restored) // deleted and restored within one tick of the platform's clock
            .Select(item => new Lifecycle(item.Event.Type, Stamp.Micros(item.Event.OccurredAt), Stamp.Micros(item.Event.ReceivedAt)))
            .LastOrDefault();

    private static EventStatus StatusOf(ChangeOutcome outcome) => outcome switch
    {
        ChangeOutcome.Unchanged => EventStatus.Unchanged,
        ChangeOutcome.Ignored or ChangeOutcome.Outdated => EventStatus.Ignored,
        ChangeOutcome.Failed => EventStatus.Failed,
        _ => EventStatus.Applied,
    };
}
