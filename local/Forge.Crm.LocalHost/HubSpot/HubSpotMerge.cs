namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>
/// Merges two records: the primary's values win, its gaps are filled from the other, a contact's other address becomes an additional one.
/// The id of a record that was merged away goes on leading to the survivor.
/// </summary>
internal static class HubSpotMerge
{
    public static HubSpotRecord Merge(
        HubSpotAccount account, HubSpotTable table, HubSpotRecord primary, HubSpotRecord other, bool newId, HubSpotOrigin origin)
    {
        if (primary == other)
            throw HubSpotProblem.Invalid("Cannot merge an object with itself");
        var now = account.Now();
        table.ReleaseAll(primary);
        table.ReleaseAll(other);
        HubSpotRecord[] losers = newId ? [primary, other] : [other];
        var survivor = newId ? HubSpotWrites.NewRecord(table, now, origin) : primary;
        var fromPrimary = newId ? Fill(table, survivor, primary, now, origin) : [];
        var filled = Fill(table, survivor, other, now, origin);
        KeepAddresses(table, survivor, losers, now, origin);
        AppendList(table, survivor, "hs_merged_object_ids", losers.SelectMany(loser => MergedIds(table, loser)), now, origin);
        foreach (var loser in losers)
        {
            account.Associations.Move(loser, survivor);
            table.Remove(loser, survivor);
        }
        table.ClaimAll(survivor);
        HubSpotWrites.Derive(account, table, survivor, now, origin);
        HubSpotWrites.Touch(table, survivor, now, origin);
        Tell(account, table, survivor, primary, losers, [.. fromPrimary, .. filled], now, origin);
        return survivor;
    }

    private static void Tell(
        HubSpotAccount account,
        HubSpotTable table,
        HubSpotRecord survivor,
        HubSpotRecord primary,
        HubSpotRecord[] losers,
        HubSpotProperty[] filled,
        long now,
        HubSpotOrigin origin)
    {
        var ids = losers.Select(loser => loser.Id).ToArray();
        account.Events.Merged(table, new HubSpotMergeDetails(primary.Id, ids, survivor.Id, filled.Length), now, origin);
        foreach (var property in filled)
            account.Events.Changed(table, survivor, property, survivor.Text(property)!, now, origin);
    }

    private static HubSpotProperty[] Fill(HubSpotTable table, HubSpotRecord survivor, HubSpotRecord source, long now, HubSpotOrigin origin)
    {
        var gaps = table.Properties.InOrder
            .Where(property => !property.ReadOnly && survivor.Text(property) is null && source.Text(property) is not null)
            .ToArray();
        foreach (var property in gaps)
            survivor.Set(property, source.Text(property)!, now, origin);
        return gaps;
    }

    private static void KeepAddresses(HubSpotTable table, HubSpotRecord survivor, HubSpotRecord[] losers, long now, HubSpotOrigin origin)
    {
        if (table.Type != HubSpotObjectType.Contact)
            return;
        var email = table.Properties["email"];
        var additional = table.Properties["hs_additional_emails"];
        var addresses = losers
            .SelectMany(loser => new[] { loser.Text(email) }.Concat(loser.Text(additional)?.Split(';') ?? []))
            .OfType<string>()
            .Where(address => address != survivor.Text(email));
        AppendList(table, survivor, additional.Name, addresses, now, origin);
    }

    private static IEnumerable<string> MergedIds(HubSpotTable table, HubSpotRecord loser) =>
        (loser.Text(table.Properties["hs_merged_object_ids"])?.Split(';') ?? []).Append(loser.IdText);

    private static void AppendList(
        HubSpotTable table, HubSpotRecord record, string name, IEnumerable<string> items, long now, HubSpotOrigin origin)
    {
        var property = table.Properties[name];
        var list = string.Join(';', (record.Text(property)?.Split(';') ?? []).Union(items));
        if (list.Length > 0 && list != record.Text(property))
            record.Set(property, list, now, origin);
    }
}
