namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>What one record is associated with: per type, by ascending id of the other record, and with which association types.</summary>
internal sealed class HubSpotLinks
{
    private Dictionary<HubSpotObjectType, SortedList<long, List<HubSpotAssociationType>>>? byType;

    public IEnumerable<HubSpotObjectType> Types => byType?.Keys ?? Enumerable.Empty<HubSpotObjectType>();

    public IEnumerable<KeyValuePair<long, List<HubSpotAssociationType>>> To(HubSpotObjectType type) =>
        byType is not null && byType.TryGetValue(type, out var links) ? links : [];

    /// <summary>Those beyond that id, for paging.</summary>
    public IEnumerable<KeyValuePair<long, List<HubSpotAssociationType>>> After(HubSpotObjectType type, long id) =>
        id == 0 ? To(type) : To(type).SkipWhile(link => link.Key <= id);

    public bool Has(HubSpotObjectType type, long id) => Of(type, id) is not null;

    public List<HubSpotAssociationType>? Of(HubSpotObjectType type, long id) =>
        byType is not null && byType.TryGetValue(type, out var links) ? links.GetValueOrDefault(id) : null;

    /// <returns>False when it was there already.</returns>
    public bool Add(HubSpotAssociationType type, long id)
    {
        byType ??= [];
        if (!byType.TryGetValue(type.To, out var links))
            byType[type.To] = links = [];
        if (!links.TryGetValue(id, out var types))
            links[id] = types = [];
        if (types.Contains(type))
            return false;
        types.Add(type);
        types.Sort((a, b) => a.Id.CompareTo(b.Id));
        return true;
    }

    public bool Remove(HubSpotAssociationType type, long id)
    {
        if (Of(type.To, id) is not { } types || !types.Remove(type))
            return false;
        if (types.Count == 0)
            byType![type.To].Remove(id);
        return true;
    }
}
