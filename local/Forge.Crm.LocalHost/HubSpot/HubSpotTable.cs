using System.Globalization;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>All records of one type in one account: by id, by unique value, in order of creation, and as search sees them.</summary>
internal sealed class HubSpotTable
{
    private readonly Dictionary<long, HubSpotRecord> byId = [];
    private readonly Dictionary<long, long> mergedInto = [];
    private readonly Dictionary<string, Dictionary<string, HubSpotRecord>> byUniqueValue = [];
    private readonly List<HubSpotRecord> inOrder = [];
    private readonly long lastSmallId;
    private long lastId;

    public HubSpotTable(HubSpotObjectType type, long firstId)
    {
        Type = type;
        lastId = firstId - 1;
        lastSmallId = firstId + 49;
        Properties = new HubSpotPropertySet(type);
        Created = Properties[type.Created];
        Modified = Properties[type.Modified];
        ObjectId = Properties["hs_object_id"];
    }

    public HubSpotObjectType Type { get; }
    public HubSpotPropertySet Properties { get; }
    public HubSpotProperty Created { get; }
    public HubSpotProperty Modified { get; }
    public HubSpotProperty ObjectId { get; }
    public HubSpotSearchIndex Index { get; } = new();

    /// <summary>Live and archived records by ascending id, which is the order of their creation.</summary>
    public IReadOnlyList<HubSpotRecord> InOrder => inOrder;

    /// <summary>Ids ascend; after the first fifty they exceed 32 bits, as those of real accounts do.</summary>
    public long NextId() => lastId = lastId == lastSmallId ? Math.Max(lastId, 20_000_000_000) + 1 : lastId + 1;

    public HubSpotRecord Add(HubSpotRecord record)
    {
        byId.Add(record.Id, record);
        inOrder.Add(record);
        return record;
    }

    public HubSpotRecord? ById(long id) => byId.GetValueOrDefault(id);

    /// <summary>The record of exactly that id, live or archived.</summary>
    public HubSpotRecord? Find(string id) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? byId.GetValueOrDefault(number) : null;

    /// <summary>As <see cref="Find"/>, but the id of a record that was merged away leads to its survivor, over any number of merges.</summary>
    public HubSpotRecord? Resolve(string id)
    {
        if (!long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;
        while (mergedInto.TryGetValue(number, out var survivor))
            number = survivor;
        return byId.GetValueOrDefault(number);
    }

    public HubSpotRecord? FindByValue(string property, string value) =>
        byUniqueValue.GetValueOrDefault(property)?.GetValueOrDefault(value);

    public bool IsUnique(HubSpotProperty property) =>
        property.Unique || (Type == HubSpotObjectType.Contact && property.Name == "email");

    public void Claim(string property, string value, HubSpotRecord record)
    {
        if (!byUniqueValue.TryGetValue(property, out var values))
            byUniqueValue[property] = values = new(StringComparer.Ordinal);
        values.TryAdd(value, record);
    }

    public void Release(string property, string value, HubSpotRecord record)
    {
        if (FindByValue(property, value) == record)
            byUniqueValue[property].Remove(value);
    }

    public void ClaimAll(HubSpotRecord record)
    {
        foreach (var (property, value) in UniqueValues(record))
            Claim(property, value, record);
    }

    /// <summary>Archived, merged and erased records hold no unique value.</summary>
    public void ReleaseAll(HubSpotRecord record)
    {
        foreach (var (property, value) in UniqueValues(record))
            Release(property, value, record);
    }

    public void Remove(HubSpotRecord record, HubSpotRecord? survivor = null)
    {
        record.Gone = true;
        byId.Remove(record.Id);
        inOrder.RemoveAt(FirstAfter(record.Id - 1));
        Index.Remove(record);
        ReleaseAll(record);
        if (survivor is not null)
            mergedInto[record.Id] = survivor.Id;
    }

    /// <summary>The place of the first record beyond that id, in <see cref="InOrder"/>.</summary>
    public int FirstAfter(long id)
    {
        int low = 0, high = inOrder.Count;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (inOrder[middle].Id <= id)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private IEnumerable<(string Property, string Value)> UniqueValues(HubSpotRecord record)
    {
        foreach (var property in Properties.InOrder.Where(IsUnique))
        {
            if (record.Text(property) is { } value)
                yield return (property.Name, value);
        }
        if (Type != HubSpotObjectType.Contact || record.Text(Properties["hs_additional_emails"]) is not { } additional)
            yield break;
        foreach (var address in additional.Split(';'))
            yield return ("email", address);
    }
}
