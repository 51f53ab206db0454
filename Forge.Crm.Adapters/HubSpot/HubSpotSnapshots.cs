using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Makes <see cref="RemoteSnapshot"/>s of records as the API returns them.</summary>
internal static class HubSpotSnapshots
{
    public static RemoteSnapshot Of(RemoteKind kind, HubSpotRecord record, DateTimeOffset readAt, ImmutableArray<RemoteAssociations> associations)
    {
        var id = record.Id ?? throw HubSpotCaller.Unreadable("record id", HubSpotObjects.NameOf(kind));
        var properties = record.Properties ?? throw HubSpotCaller.Unreadable("properties", HubSpotObjects.NameOf(kind));
        HubSpotActivities.Derive(kind, properties);
        var updatedAt = ModifiedAt(kind, record);
        return new(
            new(kind, id), properties, record.CreatedAt ?? TimeOf(properties.GetValueOrDefault(HubSpotObjects.CreatedOf(kind))) ?? updatedAt, updatedAt,
            record.Archived == true ? record.ArchivedAt ?? updatedAt : null, readAt,
            Split(properties.GetValueOrDefault(HubSpotObjects.MergedIds)), associations, History(record))
        {
            SyncId = Guid.TryParse(properties.GetValueOrDefault(HubSpotObjects.SyncId), out var syncId) ? syncId : null,
        };
    }

    /// <summary>The property that searches go by; a record without it says the same in its own <c>updatedAt</c>.</summary>
    public static DateTimeOffset ModifiedAt(RemoteKind kind, HubSpotRecord record) =>
        TimeOf(record.Properties?.GetValueOrDefault(HubSpotObjects.ModifiedOf(kind))) ?? record.UpdatedAt ?? throw HubSpotCaller.Unreadable("updatedAt", HubSpotObjects.NameOf(kind));

    /// <summary>The associations that a list shows of a record, by target.</summary>
    /// <param name="isCut">There are more than the list shows: they have to be read by themselves.</param>
    public static RemoteAssociations Associations(RemoteKind kind, HubSpotRecord record, RemoteKind target, out bool isCut)
    {
        var shown = record.Associations?.GetValueOrDefault(HubSpotObjects.NameOf(target));
        isCut = shown?.Paging?.Next is not null;
        // One association is listed once for each of its types.
        var to = (shown?.Results ?? []).GroupBy(
            row => row.Id ?? throw HubSpotCaller.Unreadable("associated id", HubSpotObjects.NameOf(kind)),
            (id, rows) => new RemoteAssociation(id, rows.Any(row => HubSpotObjects.IsPrimary(kind, target, row.Type))));
        return new(new(kind, record.Id ?? throw HubSpotCaller.Unreadable("record id", HubSpotObjects.NameOf(kind))), target, [.. to]);
    }

    private static Dictionary<string, ImmutableArray<PropertyVersion>>? History(HubSpotRecord record) =>
        record.PropertiesWithHistory?.ToDictionary(
            row => row.Key,
            row => row.Value.OrderByDescending(version => version.Timestamp)
                .Select(version => new PropertyVersion(version.Value, version.Timestamp)).ToImmutableArray());

    private static ImmutableArray<string> Split(string? ids) =>
        string.IsNullOrEmpty(ids) ? [] : [.. ids.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    // ISO 8601 in answers; epoch milliseconds are what the same property is in some older ones.
    public static DateTimeOffset? TimeOf(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds < 253_402_300_800_000
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
                ? at
                : null;
}
