using System.Collections.Frozen;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>A kind of CRM object: its names, its type id, and the properties that HubSpot always shows, searches and requires.</summary>
/// <remarks>Type ids: HubSpot developer documentation, "Understanding the CRM". Default properties: "Search the CRM".</remarks>
internal sealed class HubSpotObjectType
{
    private static readonly string[] ActivityDefaults = ["hs_createdate", "hs_lastmodifieddate", "hs_object_id"];

    public static readonly HubSpotObjectType Contact = new("0-1", "contact", "contacts", "createdate", "lastmodifieddate")
    {
        Shown = ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"],
        Searched = ["firstname", "lastname", "email", "phone", "hs_additional_emails", "mobilephone", "company"],
        Required = [["email", "firstname", "lastname"]],
    };

    public static readonly HubSpotObjectType Company = new("0-2", "company", "companies", "createdate", "hs_lastmodifieddate")
    {
        Shown = ["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"],
        Searched = ["website", "phone", "name", "domain"],
        Required = [["name", "domain"]],
    };

    public static readonly HubSpotObjectType Deal = new("0-3", "deal", "deals", "createdate", "hs_lastmodifieddate")
    {
        Shown = ["amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate", "hs_object_id", "pipeline"],
        Searched = ["dealname", "pipeline", "dealstage", "description", "dealtype"],
        Required = [["dealname"], ["dealstage"]],
    };

    public static readonly HubSpotObjectType Call = Activity("0-48", "call", "calls", ["hs_call_title", "hs_call_body"], ["hs_timestamp"]);
    public static readonly HubSpotObjectType Email =
        Activity("0-49", "email", "emails", ["hs_email_subject"], ["hs_timestamp"], ["hs_email_direction"]);
    public static readonly HubSpotObjectType Meeting =
        Activity("0-47", "meeting", "meetings", ["hs_meeting_title", "hs_meeting_body"], ["hs_timestamp"]);
    public static readonly HubSpotObjectType Note = Activity("0-46", "note", "notes", ["hs_note_body"], ["hs_timestamp"]);
    public static readonly HubSpotObjectType Task = Activity("0-27", "task", "tasks", ["hs_task_subject", "hs_task_body"], ["hs_timestamp"]);
    public static readonly HubSpotObjectType Lead = Activity("0-136", "lead", "leads", ["hs_lead_name"], ["hs_lead_name"]);

    public static readonly HubSpotObjectType[] All = [Contact, Company, Deal, Call, Email, Meeting, Note, Task, Lead];

    private static readonly FrozenDictionary<string, HubSpotObjectType> ByName = All
        .SelectMany(type => new[] { (type.Id, type), (type.Singular, type), (type.Plural, type) })
        .ToFrozenDictionary(pair => pair.Item1, pair => pair.type, StringComparer.OrdinalIgnoreCase);

    private HubSpotObjectType(string id, string singular, string plural, string created, string modified)
    {
        Id = id;
        Singular = singular;
        Plural = plural;
        Created = created;
        Modified = modified;
        ErrorName = singular.ToUpperInvariant();
    }

    public string Id { get; }
    public string Singular { get; }
    public string Plural { get; }

    /// <summary>How error messages and association types name it: CONTACT.</summary>
    public string ErrorName { get; }

    public string Created { get; }

    /// <summary>The modified date's property: contacts call theirs differently from every other type.</summary>
    public string Modified { get; }

    public string[] Shown { get; private init; } = ActivityDefaults;
    public string[] Searched { get; private init; } = [];

    /// <summary>Of each inner list at least one property must be set on creation.</summary>
    public string[][] Required { get; private init; } = [];

    /// <summary>Contacts, companies and deals have webhooks of their own names; every other type has only the generic <c>object.*</c>.</summary>
    public bool HasNamedWebhooks => this == Contact || this == Company || this == Deal;

    /// <summary>Plural, singular and type id are all accepted in a path, in any case.</summary>
    public static HubSpotObjectType? Find(string name) => ByName.GetValueOrDefault(name);

    private static HubSpotObjectType Activity(
        string id, string singular, string plural, string[] searched, params string[][] required) =>
        new(id, singular, plural, "hs_createdate", "hs_lastmodifieddate") { Searched = searched, Required = required };
}
