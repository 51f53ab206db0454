using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>One event of a webhook delivery. A field that is null is not on the wire.</summary>
internal sealed record HubSpotWebhookEvent
{
    public required long EventId { get; init; }
    public required long SubscriptionId { get; init; }

    /// <summary>Epoch milliseconds.</summary>
    public required long OccurredAt { get; init; }

    public required string SubscriptionType { get; init; }
    public required HubSpotOrigin Origin { get; init; }
    public long? ObjectId { get; init; }

    /// <summary>Only generic <c>object.*</c> events say it.</summary>
    public string? ObjectTypeId { get; init; }

    public string? ChangeFlag { get; init; }
    public string? PropertyName { get; init; }
    public string? PropertyValue { get; init; }
    public HubSpotMergeDetails? Merge { get; init; }
    public HubSpotAssociationDetails? Association { get; init; }

    public void Write(Utf8JsonWriter json, long portalId, long appId, int attempt)
    {
        json.WriteStartObject();
        json.WriteNumber("eventId", EventId);
        json.WriteNumber("subscriptionId", SubscriptionId);
        json.WriteNumber("portalId", portalId);
        json.WriteNumber("appId", appId);
        json.WriteNumber("occurredAt", OccurredAt);
        json.WriteString("subscriptionType", SubscriptionType);
        json.WriteNumber("attemptNumber", attempt);
        if (ObjectId is { } objectId)
            json.WriteNumber("objectId", objectId);
        WriteText(json, "objectTypeId", ObjectTypeId);
        WriteText(json, "propertyName", PropertyName);
        WriteText(json, "propertyValue", PropertyValue);
        if (PropertyName is not null && ObjectTypeId is not null)
            json.WriteBoolean("isSensitive", false);
        Merge?.Write(json);
        Association?.Write(json);
        WriteText(json, "changeFlag", ChangeFlag);
        json.WriteString("changeSource", Origin.ChangeSource);
        WriteText(json, "sourceId", Origin.SourceId);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }
}

/// <summary>What a merge tells. The new object is the survivor: the primary record, or one that the merge made.</summary>
internal sealed record HubSpotMergeDetails(long PrimaryObjectId, long[] MergedObjectIds, long NewObjectId, int PropertiesMoved)
{
    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("primaryObjectId", PrimaryObjectId);
        json.WriteStartArray("mergedObjectIds");
        foreach (var id in MergedObjectIds)
            json.WriteNumberValue(id);
        json.WriteEndArray();
        json.WriteNumber("newObjectId", NewObjectId);
        json.WriteNumber("numberOfPropertiesMoved", PropertiesMoved);
    }
}

internal sealed record HubSpotAssociationDetails(HubSpotAssociationType Type, long FromId, long ToId, bool Removed, bool Generic)
{
    public void Write(Utf8JsonWriter json)
    {
        if (Generic)
        {
            json.WriteString("fromObjectTypeId", Type.From.Id);
            json.WriteString("toObjectTypeId", Type.To.Id);
            json.WriteNumber("associationTypeId", Type.Id);
            json.WriteString("associationCategory", Type.Category);
        }
        else
            json.WriteString("associationType", $"{Type.From.ErrorName}_TO_{Type.To.ErrorName}");
        json.WriteNumber("fromObjectId", FromId);
        json.WriteNumber("toObjectId", ToId);
        json.WriteBoolean("associationRemoved", Removed);
        json.WriteBoolean("isPrimaryAssociation", Type.IsPrimary);
    }
}
