namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>A record as it stood when it was asked for. Properties are those that have a value.</summary>
internal sealed record HubSpotSnapshot(
    string Id,
    IReadOnlyDictionary<string, string> Properties,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? ArchivedAt,
    IReadOnlyList<HubSpotSnapshotLink> Associations)
{
    public string? this[string property] => Properties.GetValueOrDefault(property);

    internal static HubSpotSnapshot Of(HubSpotTable table, HubSpotRecord record) => new(
        record.IdText,
        table.Properties.InOrder
            .Select(property => (property.Name, Text: record.Text(property)))
            .Where(pair => pair.Text is not null)
            .ToDictionary(pair => pair.Name, pair => pair.Text!),
        DateTimeOffset.FromUnixTimeMilliseconds(record.CreatedAt),
        DateTimeOffset.FromUnixTimeMilliseconds(record.Last(table.Modified)!.At),
        record.ArchivedAt is { } archived ? DateTimeOffset.FromUnixTimeMilliseconds(archived) : null,
        [.. record.Links.Types.SelectMany(type => record.Links.To(type).SelectMany(link =>
            link.Value.Select(kind => new HubSpotSnapshotLink(type.Plural, HubSpotNumbers.Text(link.Key), kind.Id))))]);
}

/// <summary>One association; the type is named in the plural: <c>companies</c>.</summary>
internal sealed record HubSpotSnapshotLink(string ToType, string ToId, int TypeId);
