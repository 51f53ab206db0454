using System.Collections.Immutable;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Mapping;

/// <summary>
/// Maps what an API returned to the hub's fields and gives each field its stamp: the time of the property's history where it was read,
/// else of the event that named the value, else the record's own time, marked as approximate.
/// </summary>
public static class SnapshotReader
{
    private static readonly ImmutableDictionary<RecordKind, ImmutableArray<string>> KeyFields = new Dictionary<RecordKind, ImmutableArray<string>>
    {
        [RecordKind.Contact] = ["email", "additional_emails"],
        [RecordKind.Company] = ["domain"],
    }.ToImmutableDictionary();

    /// <param name="events">The events of this record that are being applied.</param>
    /// <exception cref="FormatException">A property's value cannot be held by its field.</exception>
    public static RemoteRecord Read(
        RemoteSnapshot snapshot, RecordMapper mapper, Platform platform, IReadOnlyCollection<ChangeEvent> events, Lookups lookups)
    {
        var version = Stamp.Micros(snapshot.UpdatedAt);
        var byRecord = new Stamp(version, platform, IsApproximate: true);
        var fields = mapper.Read(
            snapshot.Properties.GetValueOrDefault,
            (property, value) => ByHistory(snapshot, property) is { } known ? new(known, platform)
                : ByEvent(events, property, value) is { } told ? new(told, platform)
                : byRecord,
            lookups);
        return new(
            snapshot.Ref, fields, version, Stamp.Micros(snapshot.ReadAt), snapshot.MergedIds, Keys(mapper.Shape, fields),
            Stamp.Micros(snapshot.CreatedAt), snapshot.ArchivedAt is { } archived ? Stamp.Micros(archived) : null);
    }

    private static DateTimeOffset? ByHistory(RemoteSnapshot snapshot, string property) =>
        snapshot.History?.GetValueOrDefault(property) is { IsDefaultOrEmpty: false } versions ? Stamp.Micros(versions[0].At) : null;

    private static DateTimeOffset? ByEvent(IReadOnlyCollection<ChangeEvent> events, string property, string? value)
    {
        DateTimeOffset? newest = null;
        foreach (var told in events)
        {
            if (told.Tells(property, value) && !(newest > told.OccurredAt))
                newest = told.OccurredAt;
        }

        return newest is { } at ? Stamp.Micros(at) : null;
    }

    private static ImmutableArray<string> Keys(RecordShape shape, ImmutableArray<RemoteField> fields) =>
        [.. KeyFields.GetValueOrDefault(shape.Kind, [])
            .SelectMany(name => (fields[shape.IndexOf(name)].Value ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries)
                .Select(value => (name == "additional_emails" ? "email" : name) + ":" + value.ToLowerInvariant()))
            .Distinct(StringComparer.Ordinal)];
}
