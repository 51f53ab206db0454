namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Turns changes of one account into webhook events. Called under the account's gate, so events arise in the order of the changes.</summary>
/// <remarks>Of the change flags only CREATED and DELETED were seen on the wire; apps must not read anything into a flag.</remarks>
internal sealed class HubSpotEvents(HubSpotAccount account)
{
    private readonly Dictionary<(string Type, string Property), long> subscriptions = [];
    private long lastEventId = 110_000;

    private HubSpotWebhookSettings Settings => account.Options.Webhooks;

    public void Created(HubSpotTable table, HubSpotRecord record, HubSpotOrigin origin)
    {
        Raise(table.Type, "creation", record.Id, record.CreatedAt, origin, "CREATED");
        if (!Settings.PropertyChangesOnCreation)
            return;
        foreach (var property in table.Properties.InOrder)
        {
            if (record.Text(property) is { } text)
                Changed(table, record, property, text, record.CreatedAt, origin);
        }
    }

    public void Changed(HubSpotTable table, HubSpotRecord record, HubSpotProperty property, string text, long at, HubSpotOrigin origin)
    {
        if (!account.HasWebhooks || !Settings.Subscribed(table.Type, property))
            return;
        var (subscription, generic) = Subscription(table.Type, "propertyChange");
        Send(New(subscription, property.Name, at, origin) with
        {
            ObjectId = record.Id,
            ObjectTypeId = generic ? table.Type.Id : null,
            PropertyName = property.Name,
            PropertyValue = text,
        });
    }

    public void Deleted(HubSpotTable table, HubSpotRecord record, long at, HubSpotOrigin origin) =>
        Raise(table.Type, "deletion", record.Id, at, origin, "DELETED");

    public void Restored(HubSpotTable table, HubSpotRecord record, long at, HubSpotOrigin origin) =>
        Raise(table.Type, "restore", record.Id, at, origin, "RESTORED");

    /// <summary>There is no generic form of this one, and only contacts have it; the deletion that goes with it is an event of its own.</summary>
    public void PrivacyDeleted(HubSpotTable table, HubSpotRecord record, long at, HubSpotOrigin origin)
    {
        if (account.HasWebhooks && table.Type == HubSpotObjectType.Contact)
            Send(New("contact.privacyDeletion", "", at, origin) with { ObjectId = record.Id, ChangeFlag = "DELETED" });
    }

    public void Merged(HubSpotTable table, HubSpotMergeDetails merge, long at, HubSpotOrigin origin)
    {
        if (!account.HasWebhooks)
            return;
        var (subscription, generic) = Subscription(table.Type, "merge");
        Send(New(subscription, "", at, origin) with
        {
            ObjectId = merge.NewObjectId,
            ObjectTypeId = generic ? table.Type.Id : null,
            ChangeFlag = "MERGED",
            Merge = merge,
        });
    }

    public void Associated(HubSpotAssociationType type, long fromId, long toId, bool removed, HubSpotOrigin origin)
    {
        if (!account.HasWebhooks)
            return;
        var (subscription, generic) = Subscription(type.From, "associationChange");
        generic |= !type.To.HasNamedWebhooks;
        Send(New(generic ? "object.associationChange" : subscription, "", account.Now(), origin) with
        {
            Association = new(type, fromId, toId, removed, generic),
        });
    }

    private void Raise(HubSpotObjectType type, string kind, long id, long at, HubSpotOrigin origin, string flag)
    {
        if (!account.HasWebhooks)
            return;
        var (subscription, generic) = Subscription(type, kind);
        Send(New(subscription, "", at, origin) with { ObjectId = id, ObjectTypeId = generic ? type.Id : null, ChangeFlag = flag });
    }

    private (string Name, bool Generic) Subscription(HubSpotObjectType type, string kind)
    {
        var generic = Settings.Generic || !type.HasNamedWebhooks;
        return (generic ? $"object.{kind}" : $"{type.Singular}.{kind}", generic);
    }

    private HubSpotWebhookEvent New(string subscription, string property, long at, HubSpotOrigin origin)
    {
        if (!subscriptions.TryGetValue((subscription, property), out var id))
            subscriptions[(subscription, property)] = id = 2_000 + subscriptions.Count;
        return new()
        {
            EventId = ++lastEventId,
            SubscriptionId = id,
            OccurredAt = at,
            SubscriptionType = subscription,
            Origin = origin,
        };
    }

    private void Send(HubSpotWebhookEvent item)
    {
        Settings.Witness?.Invoke(account, item);
        account.Webhooks.Raise(item);
    }
}
