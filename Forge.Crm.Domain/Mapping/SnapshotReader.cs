using System.Collections.Immutable;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Mapping;

/// <summary>
/// Maps what an API returned to the hub's fields and gives each field its stamp: the time of the property's history where it was read,
/// else of the event that named the value, else the record's own time, marked as approximate.
/// </summary>
public static class SnapshotReader
{
    /// <param name="events">The events of this record that are being applied.</param>
    /// <exception cref="FormatException">A property's value cannot be held by its field.</exception>
    public static RemoteRecord Read(
        RemoteSnapshot snapshot, RecordMapper mapper, Platform platform, IReadOnlyCollection<ChangeEvent> events, Lookups lookups)
    {
        var version = Stamp.Micros(snapshot.UpdatedAt);
        // Up to the end of the tick: an event tells the time of the same edit more precisely, and is no later one.
        var byRecord = new Stamp(Stamp.Micros(version + snapshot.Tick - TimeSpan.FromMicroseconds(1)), platform, IsApproximate: true);
        var fields = mapper.Read(
            snapshot.Properties.GetValueOrDefault,
            (property, value) => ByHistory(snapshot, property, platform) ?? ByEvent(events, property, value, platform) ?? byRecord,
            lookups);
        foreach (var (property, field) in mapper.NamedAlways)
        {
            if (!snapshot.Properties.ContainsKey(property))
                fields = fields.SetItem(field, default);
        }

        return new(
            snapshot.Ref, fields, version, Stamp.Micros(snapshot.ReadAt), snapshot.MergedIds, MatchKeys.Of(mapper.Shape, i => fields[i].Value),
            Stamp.Micros(snapshot.CreatedAt), snapshot.ArchivedAt is { } archived ? Stamp.Micros(archived) : null)
        {
            SyncId = snapshot.SyncId,
            IsAnonymous = snapshot.IsAnonymous,
            Tick = snapshot.Tick,
            IsAhead = snapshot.IsAhead,
        };
    }

    /// <summary>The values that events carried and the record no longer shows: who overwrote them is the planner's question.</summary>
    public static ImmutableArray<ToldValue> Told(
        RemoteSnapshot? snapshot, RecordMapper mapper, Platform platform, IReadOnlyCollection<ChangeEvent> events, Lookups lookups)
    {
        var told = ImmutableArray.CreateBuilder<ToldValue>();
        foreach (var e in events)
        {
            foreach (var (property, text) in e.Told)
            {
                if ((snapshot is null || (snapshot.Properties.GetValueOrDefault(property) ?? "") != (text ?? ""))
                    && mapper.TryRead(property, text, lookups, out var field, out var value))
                    told.Add(new(field, value, e.StampBy(platform), Stamp.Micros(e.ReceivedAt)));
            }
        }

        return told.Count == 0 ? [] : [.. told.OrderBy(value => value.Stamp.At)];
    }

    private static Stamp? ByHistory(RemoteSnapshot snapshot, string property, Platform platform) =>
        snapshot.History?.GetValueOrDefault(property) is { IsDefaultOrEmpty: false } versions
            ? new Stamp(Stamp.Micros(versions[0].At), platform)
            : null;

    private static Stamp? ByEvent(IReadOnlyCollection<ChangeEvent> events, string property, string? value, Platform platform)
    {
        Stamp? newest = null;
        foreach (var told in events)
        {
            if (told.Tells(property, value) && told.StampBy(platform) is var stamp && !(newest?.At > stamp.At))
                newest = stamp;
        }

        return newest;
    }
}
