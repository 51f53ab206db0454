using System.Globalization;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>
/// Who changed something, in the words of property history and webhooks: CRM_UI with the source id <c>userId:9001</c> for a person,
/// INTEGRATION with the app's id for an app.
/// </summary>
internal sealed record HubSpotOrigin(string ChangeSource, string? SourceId = null, int? UserId = null)
{
    public static readonly HubSpotOrigin Person = new("CRM_UI", "userId:9001", 9001);
    public static readonly HubSpotOrigin Import = new("IMPORT");

    public static HubSpotOrigin App(long appId) => new("INTEGRATION", appId.ToString(CultureInfo.InvariantCulture));
}

/// <summary>A value that a property had since a time (epoch milliseconds), and the one before it. Empty text: the value was cleared.</summary>
internal sealed class HubSpotValue(string text, long at, HubSpotOrigin origin, HubSpotValue? previous)
{
    public string Text { get; } = text;
    public long At { get; } = at;
    public HubSpotOrigin Origin { get; } = origin;
    public HubSpotValue? Previous { get; } = previous;
}

/// <summary>One CRM object. Not thread-safe: its account's gate guards it.</summary>
internal sealed class HubSpotRecord(long id)
{
    private HubSpotValue?[] values = [];

    public long Id { get; } = id;
    public string IdText { get; } = id.ToString(CultureInfo.InvariantCulture);

    /// <summary>Epoch milliseconds.</summary>
    public long CreatedAt { get; init; }

    /// <summary>Epoch milliseconds; null while the record is live.</summary>
    public long? ArchivedAt { get; set; }

    /// <summary>Merged away or erased: no longer in its table.</summary>
    public bool Gone { get; set; }

    /// <summary>How far the search index has seen this record (epoch milliseconds); -1 before it was indexed at all.</summary>
    public long IndexedAt { get; set; } = -1;

    /// <summary>This record's place in the search index.</summary>
    public int IndexSlot { get; set; } = -1;

    public HubSpotLinks Links { get; } = new();

    public HubSpotValue? Last(HubSpotProperty property, long asOf = long.MaxValue)
    {
        var value = property.Ordinal < values.Length ? values[property.Ordinal] : null;
        while (value is not null && value.At > asOf)
            value = value.Previous;
        return value;
    }

    /// <summary>The value as it stood at that time; null when it was unset or cleared.</summary>
    public string? Text(HubSpotProperty property, long asOf = long.MaxValue) =>
        Last(property, asOf) is { Text.Length: > 0 } value ? value.Text : null;

    public void Set(HubSpotProperty property, string text, long at, HubSpotOrigin origin)
    {
        if (property.Ordinal >= values.Length)
            Array.Resize(ref values, property.Ordinal + 1);
        values[property.Ordinal] = new HubSpotValue(text, at, origin, values[property.Ordinal]);
    }

    /// <summary>Sizes the record once, so that a bulk load does not grow it value by value.</summary>
    public void Reserve(int properties)
    {
        if (values.Length < properties)
            Array.Resize(ref values, properties);
    }
}
