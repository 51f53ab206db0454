namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Every change of a record: values, history, search index and webhooks together. The caller holds the account's gate.</summary>
internal static class HubSpotWrites
{
    public static HubSpotRecord Create(HubSpotAccount account, HubSpotTable table, HubSpotDraft draft, HubSpotOrigin origin)
    {
        var now = account.Now();
        var record = NewRecord(table, now, origin);
        foreach (var (property, text) in draft.Values.Where(value => value.Text.Length > 0))
            record.Set(property, text, now, origin);
        Derive(account, table, record, now, origin);
        table.ClaimAll(record);
        Touch(table, record, now, origin);
        account.Events.Created(table, record, origin);
        return record;
    }

    /// <summary>Values that stay as they are leave no trace: no history, no webhook, no new modified date.</summary>
    public static bool Update(HubSpotAccount account, HubSpotTable table, HubSpotRecord record, HubSpotDraft draft, HubSpotOrigin origin)
    {
        var changes = draft.Values.Where(value => IsChange(record, value.Property, value.Text)).ToArray();
        if (changes.Length == 0)
            return false;
        var now = account.Now();
        table.ReleaseAll(record);
        foreach (var (property, text) in changes)
            record.Set(property, text, now, origin);
        table.ClaimAll(record);
        Derive(account, table, record, now, origin);
        Touch(table, record, now, origin);
        foreach (var (property, text) in changes)
            account.Events.Changed(table, record, property, text, now, origin);
        return true;
    }

    public static void Archive(HubSpotAccount account, HubSpotTable table, HubSpotRecord record, HubSpotOrigin origin)
    {
        var now = account.Now();
        record.ArchivedAt = now;
        table.ReleaseAll(record);
        account.Events.Deleted(table, record, now, origin);
    }

    public static void Restore(HubSpotAccount account, HubSpotTable table, HubSpotRecord record, HubSpotOrigin origin)
    {
        if (record.ArchivedAt is null)
            return;
        var now = account.Now();
        record.ArchivedAt = null;
        table.ClaimAll(record);
        Touch(table, record, now, origin);
        account.Events.Restored(table, record, now, origin);
    }

    /// <summary>Nothing of the record remains, not even in the recycle bin.</summary>
    public static void Erase(HubSpotAccount account, HubSpotTable table, HubSpotRecord record, HubSpotOrigin origin)
    {
        var now = account.Now();
        account.Associations.Forget(record);
        table.Remove(record);
        account.Events.PrivacyDeleted(table, record, now, origin);
        account.Events.Deleted(table, record, now, origin);
    }

    /// <summary>A record with the properties that every record has, in its table but not yet indexed or told of.</summary>
    public static HubSpotRecord NewRecord(HubSpotTable table, long createdAt, HubSpotOrigin origin)
    {
        var record = table.Add(new HubSpotRecord(table.NextId()) { CreatedAt = createdAt });
        record.Set(table.ObjectId, record.IdText, createdAt, origin);
        record.Set(table.Created, HubSpotTime.Text(createdAt), createdAt, origin);
        return record;
    }

    public static void Touch(HubSpotTable table, HubSpotRecord record, long now, HubSpotOrigin origin)
    {
        record.Set(table.Modified, HubSpotTime.Text(now), now, origin);
        table.Index.Changed(record, now);
    }

    /// <summary>What HubSpot works out by itself from what was written.</summary>
    public static void Derive(HubSpotAccount account, HubSpotTable table, HubSpotRecord record, long now, HubSpotOrigin origin)
    {
        foreach (var (name, text) in HubSpotDerived.Of(account, table, record))
        {
            var property = table.Properties[name];
            if ((record.Text(property) ?? "") != text)
                record.Set(property, text, now, origin);
        }
    }

    /// <summary>A lifecycle stage that would move back is quietly left as it is; clearing it first is allowed.</summary>
    private static bool IsChange(HubSpotRecord record, HubSpotProperty property, string text)
    {
        var current = record.Text(property) ?? "";
        if (property is not { Name: "lifecyclestage", HubSpotDefined: true } || current.Length == 0 || text.Length == 0)
            return current != text;
        var stages = HubSpotStandardProperties.LifecycleStages;
        return Array.IndexOf(stages, text) > Array.IndexOf(stages, current);
    }
}
