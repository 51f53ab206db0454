using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>Makes <see cref="RemoteSnapshot"/>s of records as the API returns them.</summary>
internal static class PipedriveSnapshots
{
    /// <param name="kind">What was asked for: a call whose type was changed to "task" is gone as a call.</param>
    public static RemoteSnapshot Of(RemoteKind kind, JsonElement record, DateTimeOffset readAt)
    {
        var reference = new RemoteRef(kind, IdOf(record, PipedriveObjects.PathOf(kind)));
        var updatedAt = ModifiedAt(record, PipedriveObjects.PathOf(kind));
        var properties = PipedriveProperties.Of(record);
        return new(
            reference, properties, PipedriveValues.TimeOf(record, "add_time") ?? updatedAt, updatedAt,
            IsDeleted(record) || !PipedriveObjects.IsOf(kind, record) ? updatedAt : null, readAt, [], Associations(reference, record))
        {
            SyncId = PipedriveSyncId.Of(properties),
            IsAnonymous = !PipedriveFieldCatalog.HasFields(kind),
            Tick = TimeSpan.FromSeconds(1), // a webhook of the same edit says it to the millisecond
        };
    }

    /// <param name="path">Of the call that shows it.</param>
    public static string IdOf(JsonElement record, string path) => PipedriveValues.TextOf(record, "id") ?? throw PipedriveCaller.Unreadable("record id", path);

    /// <summary>A record that was never changed may have no such time (so a new deal's webhook).</summary>
    public static DateTimeOffset ModifiedAt(JsonElement record, string path) =>
        PipedriveValues.TimeOf(record, "update_time") ?? PipedriveValues.TimeOf(record, "add_time") ?? throw PipedriveCaller.Unreadable("update_time", path);

    /// <summary>Deleted records stay for thirty days, and say so in a flag; notes of version 1 say the opposite in another.</summary>
    public static bool IsDeleted(JsonElement record) =>
        PipedriveValues.TextOf(record, "is_deleted") == "true" || PipedriveValues.TextOf(record, "status") == PipedriveObjects.Deleted
        || PipedriveValues.TextOf(record, "active_flag") == "false";

    /// <summary>A record names what it belongs to: all of its associations, without another call.</summary>
    private static ImmutableArray<RemoteAssociations> Associations(RemoteRef from, JsonElement record) =>
        [.. AssociationKinds.From(from.Kind).Select(to => new RemoteAssociations(from, to, To(record, to)))];

    private static ImmutableArray<RemoteAssociation> To(JsonElement record, RemoteKind kind) => kind switch
    {
        RemoteKind.Contact => Persons(record),
        RemoteKind.Company => One(record, "org_id"),
        _ => One(record, "deal_id"),
    };

    private static ImmutableArray<RemoteAssociation> One(JsonElement record, string member) =>
        PipedriveValues.TextOf(record, member) is { Length: > 0 } id ? [new(id, IsPrimary: true)] : [];

    private static ImmutableArray<RemoteAssociation> Persons(JsonElement record)
    {
        var primary = One(record, "person_id");
        if (!record.TryGetProperty("participants", out var participants) || participants.ValueKind != JsonValueKind.Array)
            return primary;
        return [.. primary.Concat(participants.EnumerateArray()
            .Select(person => (Id: PipedriveValues.TextOf(person, "person_id"), IsPrimary: PipedriveValues.TextOf(person, "primary") == "true"))
            .Where(person => person.Id is not null)
            .Select(person => new RemoteAssociation(person.Id!, person.IsPrimary))).DistinctBy(person => person.ToId)];
    }
}
