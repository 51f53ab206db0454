namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>
/// One kind of association in one direction. The name is as an object read spells it (<c>contact_to_company_unlabeled</c>), the label is
/// null for HubSpot's own unlabelled types, the inverse id is the type of the same association when seen from the other record.
/// </summary>
internal sealed record HubSpotAssociationType(
    int Id, HubSpotObjectType From, HubSpotObjectType To, string Name, string? Label, string Category, int InverseId)
{
    /// <summary>At most one record has it: a contact's, or a deal's, primary company.</summary>
    public bool IsPrimary => Label == "Primary";
}

/// <summary>HubSpot's own association types ("Associations v4 guide", list of type ids), then the labels an account defined.</summary>
internal sealed class HubSpotAssociationTypes
{
    // (from, to, unlabelled, unlabelled of the way back, primary, primary of the way back)
    private static readonly (HubSpotObjectType From, HubSpotObjectType To, int Id, int Back, int Primary, int PrimaryBack)[] Rows =
    [
        (HubSpotObjectType.Contact, HubSpotObjectType.Company, 279, 280, 1, 2),
        (HubSpotObjectType.Deal, HubSpotObjectType.Company, 341, 342, 5, 6),
        (HubSpotObjectType.Deal, HubSpotObjectType.Contact, 3, 4, 0, 0),
        (HubSpotObjectType.Call, HubSpotObjectType.Contact, 194, 193, 0, 0),
        (HubSpotObjectType.Call, HubSpotObjectType.Company, 182, 181, 0, 0),
        (HubSpotObjectType.Call, HubSpotObjectType.Deal, 206, 205, 0, 0),
        (HubSpotObjectType.Email, HubSpotObjectType.Contact, 198, 197, 0, 0),
        (HubSpotObjectType.Email, HubSpotObjectType.Company, 186, 185, 0, 0),
        (HubSpotObjectType.Email, HubSpotObjectType.Deal, 210, 209, 0, 0),
        (HubSpotObjectType.Meeting, HubSpotObjectType.Contact, 200, 199, 0, 0),
        (HubSpotObjectType.Meeting, HubSpotObjectType.Company, 188, 187, 0, 0),
        (HubSpotObjectType.Meeting, HubSpotObjectType.Deal, 212, 211, 0, 0),
        (HubSpotObjectType.Note, HubSpotObjectType.Contact, 202, 201, 0, 0),
        (HubSpotObjectType.Note, HubSpotObjectType.Company, 190, 189, 0, 0),
        (HubSpotObjectType.Note, HubSpotObjectType.Deal, 214, 213, 0, 0),
        (HubSpotObjectType.Task, HubSpotObjectType.Contact, 204, 203, 0, 0),
        (HubSpotObjectType.Task, HubSpotObjectType.Company, 192, 191, 0, 0),
        (HubSpotObjectType.Task, HubSpotObjectType.Deal, 216, 215, 0, 0),
        // 578 is "lead to primary contact" ("Leads"); its way back is as seen in use.
        (HubSpotObjectType.Lead, HubSpotObjectType.Contact, 578, 579, 0, 0),
    ];

    private readonly List<HubSpotAssociationType> types =
    [
        .. Rows.SelectMany(row => BothWays(row.From, row.To, row.Primary, row.PrimaryBack, "", "Primary").Where(type => type.Id > 0)),
        .. Rows.SelectMany(row => BothWays(row.From, row.To, row.Id, row.Back, row.Primary > 0 ? "_unlabeled" : "", null)),
        Own(449, HubSpotObjectType.Contact),
        Own(450, HubSpotObjectType.Company),
        Own(451, HubSpotObjectType.Deal),
    ];

    public IEnumerable<HubSpotAssociationType> Between(HubSpotObjectType from, HubSpotObjectType to) =>
        types.Where(type => type.From == from && type.To == to);

    public HubSpotAssociationType? Unlabelled(HubSpotObjectType from, HubSpotObjectType to) =>
        types.Find(type => type.From == from && type.To == to && type.Label is null);

    public HubSpotAssociationType? Find(HubSpotObjectType from, HubSpotObjectType to, long id) =>
        types.Find(type => type.Id == id && type.From == from && type.To == to);

    public HubSpotAssociationType Inverse(HubSpotAssociationType type) => Find(type.To, type.From, type.InverseId)!;

    /// <summary>A label that a person or an app defined; its way back is a type of its own.</summary>
    public HubSpotAssociationType[] Define(HubSpotObjectType from, HubSpotObjectType to, string name, string label, string? inverseLabel)
    {
        var id = types.Where(type => type.Category == "USER_DEFINED").Select(type => type.Id).DefaultIfEmpty(900).Max() + 1;
        HubSpotAssociationType[] made =
        [
            new(id, from, to, name, label, "USER_DEFINED", id + 1),
            new(id + 1, to, from, $"{name}_inverse", inverseLabel ?? label, "USER_DEFINED", id),
        ];
        types.AddRange(made);
        return made;
    }

    private static IEnumerable<HubSpotAssociationType> BothWays(
        HubSpotObjectType from, HubSpotObjectType to, int id, int back, string suffix, string? label) =>
    [
        new(id, from, to, $"{from.Singular}_to_{to.Singular}{suffix}", label, "HUBSPOT_DEFINED", back),
        new(back, to, from, $"{to.Singular}_to_{from.Singular}{suffix}", label, "HUBSPOT_DEFINED", id),
    ];

    private static HubSpotAssociationType Own(int id, HubSpotObjectType type) =>
        new(id, type, type, $"{type.Singular}_to_{type.Singular}", null, "HUBSPOT_DEFINED", id);
}
