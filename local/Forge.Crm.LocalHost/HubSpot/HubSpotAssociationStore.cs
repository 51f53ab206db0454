namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Associations of one account. Each is kept at both records; each change is told in both directions.</summary>
internal sealed class HubSpotAssociationStore(HubSpotAccount account)
{
    public HubSpotAssociationTypes Types { get; } = new();

    /// <summary>Adds the given types. A primary one brings the unlabelled one with it and takes the place of the former primary.</summary>
    public void Add(HubSpotRecord from, HubSpotRecord to, IEnumerable<HubSpotAssociationType> types, HubSpotOrigin origin)
    {
        foreach (var type in types)
        {
            if (type.IsPrimary)
                Demote(from, to, type, origin);
            AddOne(from, to, type, origin);
            if (Types.Unlabelled(type.From, type.To) is { } unlabelled && unlabelled != type)
                AddOne(from, to, unlabelled, origin);
        }
    }

    /// <summary>Makes the labels of the pair exactly these; the unlabelled type stays as long as the pair is associated.</summary>
    public void Replace(HubSpotRecord from, HubSpotRecord to, HubSpotAssociationType[] types, HubSpotOrigin origin)
    {
        var former = from.Links.Of(types[0].To, to.Id)?.Where(type => type.Label is not null && !types.Contains(type)).ToArray() ?? [];
        foreach (var type in former)
            RemoveOne(from, to, type, origin);
        Add(from, to, types, origin);
    }

    public void Remove(HubSpotRecord from, HubSpotRecord to, HubSpotObjectType toType, HubSpotOrigin origin)
    {
        foreach (var type in from.Links.Of(toType, to.Id)?.ToArray() ?? [])
            RemoveOne(from, to, type, origin);
    }

    public void Remove(HubSpotRecord from, HubSpotRecord to, IEnumerable<HubSpotAssociationType> types, HubSpotOrigin origin)
    {
        foreach (var type in types)
            RemoveOne(from, to, type, origin);
    }

    /// <summary>A merge: what the loser was associated with, the survivor is. HubSpot tells nothing of this but the merge itself.</summary>
    public void Move(HubSpotRecord loser, HubSpotRecord survivor)
    {
        foreach (var (type, id) in All(loser))
        {
            Silently(loser, id, type, add: false);
            if ((id != survivor.Id || type.From != type.To) && !HasPrimary(survivor, type))
                Silently(survivor, id, type, add: true);
        }
    }

    public void Forget(HubSpotRecord record)
    {
        foreach (var (type, id) in All(record))
            Silently(record, id, type, add: false);
    }

    /// <summary>Without a webhook: bulk loads and merges.</summary>
    public void Load(HubSpotRecord from, HubSpotRecord to, HubSpotAssociationType type)
    {
        from.Links.Add(type, to.Id);
        to.Links.Add(Types.Inverse(type), from.Id);
    }

    private static (HubSpotAssociationType Type, long Id)[] All(HubSpotRecord record) =>
        [.. record.Links.Types.SelectMany(to => record.Links.To(to)).SelectMany(link => link.Value.Select(type => (type, link.Key)))];

    private static bool HasPrimary(HubSpotRecord survivor, HubSpotAssociationType type) =>
        type.IsPrimary && type.To == HubSpotObjectType.Company && survivor.Links.To(type.To).Any(link => link.Value.Contains(type));

    private void Silently(HubSpotRecord record, long otherId, HubSpotAssociationType type, bool add)
    {
        var other = account.Table(type.To).ById(otherId);
        if (add)
        {
            record.Links.Add(type, otherId);
            other?.Links.Add(Types.Inverse(type), record.Id);
            return;
        }
        record.Links.Remove(type, otherId);
        other?.Links.Remove(Types.Inverse(type), record.Id);
    }

    private void AddOne(HubSpotRecord from, HubSpotRecord to, HubSpotAssociationType type, HubSpotOrigin origin)
    {
        if (!from.Links.Add(type, to.Id))
            return;
        var inverse = Types.Inverse(type);
        to.Links.Add(inverse, from.Id);
        account.Events.Associated(type, from.Id, to.Id, removed: false, origin);
        account.Events.Associated(inverse, to.Id, from.Id, removed: false, origin);
    }

    private void RemoveOne(HubSpotRecord from, HubSpotRecord to, HubSpotAssociationType type, HubSpotOrigin origin)
    {
        if (!from.Links.Remove(type, to.Id))
            return;
        var inverse = Types.Inverse(type);
        to.Links.Remove(inverse, from.Id);
        account.Events.Associated(type, from.Id, to.Id, removed: true, origin);
        account.Events.Associated(inverse, to.Id, from.Id, removed: true, origin);
    }

    /// <summary>The one that has a primary company is the contact or the deal, from whichever side the association is made.</summary>
    private void Demote(HubSpotRecord from, HubSpotRecord to, HubSpotAssociationType type, HubSpotOrigin origin)
    {
        var (owner, companyId, primary) = type.To == HubSpotObjectType.Company
            ? (from, to.Id, type)
            : (to, from.Id, Types.Inverse(type));
        var former = owner.Links.To(primary.To).Where(link => link.Key != companyId && link.Value.Contains(primary)).ToArray();
        foreach (var (id, _) in former)
        {
            if (account.Table(primary.To).ById(id) is { } company)
                RemoveOne(owner, company, primary, origin);
        }
    }
}
