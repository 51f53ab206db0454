using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>How HubSpot's API names its kinds of records and what it keeps about each of them.</summary>
internal static class HubSpotObjects
{
    /// <summary>The ids that were merged into a record, joined by semicolons.</summary>
    public const string MergedIds = "hs_merged_object_ids";

    public const string Id = "hs_object_id";

    /// <summary>Our own unique property: the hub record that a record was created for.</summary>
    public const string SyncId = "forge_sync_id";

    private static readonly ImmutableDictionary<RemoteKind, string> Names = new Dictionary<RemoteKind, string>
    {
        [RemoteKind.Contact] = "contacts",
        [RemoteKind.Company] = "companies",
        [RemoteKind.Deal] = "deals",
        [RemoteKind.Call] = "calls",
        [RemoteKind.Email] = "emails",
        [RemoteKind.Meeting] = "meetings",
        [RemoteKind.Note] = "notes",
        [RemoteKind.Task] = "tasks",
        [RemoteKind.Lead] = "leads",
    }.ToImmutableDictionary();

    /// <summary>The association types that mean "primary": contact to company, company to contact, deal to company, company to deal.</summary>
    private static readonly ImmutableHashSet<int> PrimaryTypes = [1, 2, 5, 6];

    /// <summary>Activities cannot be merged.</summary>
    public static bool CanMerge(RemoteKind kind) => kind is RemoteKind.Contact or RemoteKind.Company or RemoteKind.Deal;

    /// <summary>The name in paths and in the associations of a record.</summary>
    public static string NameOf(RemoteKind kind) => Names[kind];

    /// <summary>The property that an incremental read goes by. Contacts have a name of their own for it (HubSpot documentation, "Search the CRM").</summary>
    public static string ModifiedOf(RemoteKind kind) => kind == RemoteKind.Contact ? "lastmodifieddate" : "hs_lastmodifieddate";

    /// <summary>Contacts, companies and deals have a name of their own for it.</summary>
    public static string CreatedOf(RemoteKind kind) => kind is RemoteKind.Contact or RemoteKind.Company or RemoteKind.Deal ? "createdate" : "hs_createdate";

    public static bool IsPrimary(int associationTypeId) => PrimaryTypes.Contains(associationTypeId);

    /// <summary>
    /// Whether the association that a list shows is the primary one. Lists name types, not ids: <c>contact_to_company</c> is the primary
    /// company and <c>contact_to_company_unlabeled</c> any of them (seen in answers; the documentation gives no list).
    /// </summary>
    public static bool IsPrimary(RemoteKind from, RemoteKind to, string? type) =>
        to == RemoteKind.Company && from is RemoteKind.Contact or RemoteKind.Deal
        && type == (from == RemoteKind.Contact ? "contact_to_company" : "deal_to_company");
}
