using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Adapters.HubSpot.HubSpotMaps;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>
/// HubSpot's properties and the hub's fields, both ways. HubSpot clears a property that is written as an empty text; a
/// <see cref="FieldMap.Write"/> that gives null has no counterpart there (an owner who is not in the account) and is to be left out.
/// </summary>
public static class HubSpotFields
{
    public static readonly ImmutableArray<FieldMap> Contact =
    [
        Same("email", "email"),
        FieldMap.ReadOnly("hs_additional_emails", "additional_emails"),
        Same("firstname", "first_name"),
        Same("lastname", "last_name"),
        Same("phone", "phone"),
        Same("mobilephone", "mobile_phone"),
        Same("jobtitle", "job_title"),
        Same("company", "company_name"),
        Same("website", "website"),
        Same("address", "street"),
        Same("city", "city"),
        Same("state", "state"),
        Same("zip", "postal_code"),
        Same("country", "country"),
        Same("lifecyclestage", "lifecycle_stage"),
        Same("hs_lead_status", "lead_status"),
        // "Original source": HubSpot works it out from the contact's first visit or import.
        FieldMap.ReadOnly("hs_analytics_source", "lead_source"),
        OwnerId,
    ];

    public static readonly ImmutableArray<FieldMap> Company =
    [
        Same("name", "name"),
        Same("domain", "domain"),
        Same("phone", "phone"),
        Same("website", "website"),
        Same("industry", "industry"),
        Same("numberofemployees", "employee_count"),
        Same("annualrevenue", "annual_revenue"),
        Same("address", "street"),
        Same("city", "city"),
        Same("state", "state"),
        Same("zip", "postal_code"),
        Same("country", "country"),
        Same("description", "description"),
        Same("lifecyclestage", "lifecycle_stage"),
        OwnerId,
    ];

    public static readonly ImmutableArray<FieldMap> Deal =
    [
        Same("dealname", "name"),
        Same("amount", "amount"),
        Same("deal_currency_code", "currency"),
        new("pipeline", "pipeline_id", (id, lookups) => lookups.PipelineIn(id), (id, lookups) => id is null ? "" : lookups.PipelineOut(id)),
        new("dealstage", "stage_id", (id, lookups) => lookups.StageIn(id), (id, lookups) => id is null ? "" : lookups.StageOut(id)),
        // Won and lost are stages at HubSpot: the status follows from the stage and is never written by itself.
        new("dealstage", "status", (id, lookups) => lookups.StatusIn(id), null),
        FieldMap.ReadOnly("hs_deal_stage_probability", "probability"),
        new("closedate", "close_date", (time, _) => time, Noon),
        Same("dealtype", "deal_type"),
        Same("description", "description"),
        Same("closed_lost_reason", "lost_reason"),
        Same("closed_won_reason", "won_reason"),
        OwnerId,
    ];

    private static readonly ImmutableDictionary<RemoteKind, ImmutableArray<FieldMap>> Tables =
        new Dictionary<RemoteKind, ImmutableArray<FieldMap>>
        {
            [RemoteKind.Contact] = Contact,
            [RemoteKind.Company] = Company,
            [RemoteKind.Deal] = Deal,
            [RemoteKind.Call] = HubSpotActivityFields.Call,
            [RemoteKind.Email] = HubSpotActivityFields.Email,
            [RemoteKind.Meeting] = HubSpotActivityFields.Meeting,
            [RemoteKind.Note] = HubSpotActivityFields.Note,
            [RemoteKind.Task] = HubSpotActivityFields.Task,
        }.ToImmutableDictionary();

    /// <summary>Those that have a table.</summary>
    internal static IEnumerable<RemoteKind> Kinds => Tables.Keys;

    /// <summary>The table of a kind, and behind it the tenant's own fields.</summary>
    /// <param name="own">The tenant's, of every kind; the shape has them.</param>
    /// <exception cref="ArgumentException">A kind that is not synced with HubSpot.</exception>
    public static RecordMapper MapperOf(RemoteKind kind, RecordShape shape, IEnumerable<CustomField>? own = null) =>
        Tables.TryGetValue(kind, out var table)
            ? new(kind, shape, table.Concat(Of(kind, own).Select(HubSpotCustomFields.MapOf)))
            : throw new ArgumentException($"There is no mapping of a HubSpot {kind.ToName()}.", nameof(kind));

    /// <summary>The properties of HubSpot's own that a kind's fields come from, whose changes are to be told of.</summary>
    internal static IEnumerable<string> MappedOf(RemoteKind kind) =>
        Tables[kind].Select(map => map.Property).Where(property => property != HubSpotObjects.Id && !HubSpotActivities.IsDerived(property)).Distinct();

    /// <summary>The properties to ask for: those of the table and of the tenant, and those that say what became of the record.</summary>
    internal static ImmutableArray<string> PropertiesOf(RemoteKind kind, IEnumerable<CustomField>? own = null) =>
    [
        .. MappedOf(kind)
            .Concat(HubSpotActivities.SourcesOf(kind))
            .Concat(Of(kind, own).Select(field => field.Property))
            .Append(HubSpotObjects.CreatedOf(kind)).Append(HubSpotObjects.ModifiedOf(kind)).Append(HubSpotObjects.MergedIds).Append(HubSpotObjects.SyncId)
            .Distinct(),
    ];

    private static IEnumerable<CustomField> Of(RemoteKind kind, IEnumerable<CustomField>? own) => own?.Where(field => field.Kind == kind) ?? [];

    // HubSpot keeps an instant where the hub keeps a day. Noon in the tenant's zone is that day in almost every other zone, too.
    private static string Noon(string? date, Lookups lookups)
    {
        if (date is null)
            return "";
        var noon = DateOnly.ParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture).ToDateTime(new(12, 0));
        var ticks = noon.Ticks - lookups.Locale.Zone.GetUtcOffset(noon).Ticks;
        return new DateTime(Math.Clamp(ticks, 0, DateTime.MaxValue.Ticks), DateTimeKind.Utc)
            .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
    }
}
