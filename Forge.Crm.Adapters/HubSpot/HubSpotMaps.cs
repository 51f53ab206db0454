using Forge.Crm.Domain.Mapping;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Rows that several mapping tables have.</summary>
internal static class HubSpotMaps
{
    public static FieldMap OwnerId => new(
        "hubspot_owner_id", "owner_id", (id, lookups) => lookups.OwnerIn(id), (id, lookups) => id is null ? "" : lookups.OwnerOut(id));

    public static FieldMap Same(string property, string field) => new(property, field, (text, _) => text, (text, _) => text ?? "");
}
