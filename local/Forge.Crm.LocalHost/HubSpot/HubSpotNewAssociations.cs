using System.Text.Json;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>The associations that come with a new record, checked before it is made.</summary>
internal sealed class HubSpotNewAssociations
{
    private readonly List<(HubSpotRecord To, HubSpotAssociationType Type)> wanted = [];

    /// <exception cref="HubSpotProblem">A type that does not start from this kind of record, or a record that does not exist.</exception>
    public static HubSpotNewAssociations Read(HubSpotCall call, HubSpotTable table, JsonElement body)
    {
        var read = new HubSpotNewAssociations();
        foreach (var association in HubSpotJson.Elements(body, "associations") ?? [])
        {
            var toId = HubSpotJson.RequiredId(association, "to");
            foreach (var type in HubSpotJson.RequiredElements(association, "types"))
                read.wanted.Add(Resolve(call, table, type, toId));
        }
        // HubSpot's words for it are not documented.
        if (table.Type == HubSpotObjectType.Lead && !read.wanted.Any(association => association.Type.To == HubSpotObjectType.Contact))
            throw HubSpotProblem.Invalid("A lead must be associated with a contact when it is created");
        return read;
    }

    public void AddTo(HubSpotCall call, HubSpotRecord record)
    {
        foreach (var (to, type) in wanted)
            call.Account.Associations.Add(record, to, [type], call.Origin);
    }

    private static (HubSpotRecord To, HubSpotAssociationType Type) Resolve(HubSpotCall call, HubSpotTable table, JsonElement spec, string toId)
    {
        var id = HubSpotJson.RequiredNumber(spec, "associationTypeId");
        var types = call.Account.Associations.Types;
        var type = HubSpotObjectType.All.Select(to => types.Find(table.Type, to, id)).FirstOrDefault(found => found is not null)
            ?? throw HubSpotProblem.Invalid($"invalid from object type {table.Type.Id} for associations to be created. association type: {id}");
        if (call.Account.Table(type.To).Find(toId) is { ArchivedAt: null } record)
            return (record, type);
        throw new HubSpotProblem(400, "VALIDATION_ERROR", "One or more associations are invalid")
        {
            Context = new() { ["INVALID_OBJECT_IDS"] = [toId], ["objectType"] = [type.To.Singular] },
        };
    }
}
