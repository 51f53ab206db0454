using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// Pipedrive's fields, taken apart by <see cref="PipedriveProperties"/>, and the hub's, both ways. An empty text clears; a
/// <see cref="FieldMap.Write"/> that gives null has no counterpart there (an owner who is not in the account) and is to be left out.
/// </summary>
public static class PipedriveFields
{
    public static readonly ImmutableArray<FieldMap> Contact =
    [
        Same("emails.primary", "email"),
        Same("emails.other", "additional_emails"),
        Same("first_name", "first_name"),
        Same("last_name", "last_name"),
        Same("phones.primary", "phone"),
        Same("phones.mobile", "mobile_phone"),
        Owner,
    ];

    public static readonly ImmutableArray<FieldMap> Company =
    [
        Same("name", "name"),
        Same("website", "website"),
        // Pipedrive has no domain; the one of the website is what other platforms match a company by.
        FieldMap.ReadOnly("website", "domain"),
        Same("employee_count", "employee_count"),
        Same("annual_revenue", "annual_revenue"),
        // Pipedrive works the parts out of the address as a whole, which is the only one that people type.
        FieldMap.ReadOnly("address.street", "street"),
        FieldMap.ReadOnly("address.locality", "city"),
        FieldMap.ReadOnly("address.admin_area_level_1", "state"),
        FieldMap.ReadOnly("address.postal_code", "postal_code"),
        FieldMap.ReadOnly("address.country", "country"),
        Owner,
    ];

    public static readonly ImmutableArray<FieldMap> Deal =
    [
        Same("title", "name"),
        Same("value", "amount"),
        Same("currency", "currency"),
        new("pipeline_id", "pipeline_id", (id, lookups) => lookups.PipelineIn(id), (id, lookups) => id is null ? "" : lookups.PipelineOut(id)),
        new("stage_id", "stage_id", (id, lookups) => lookups.StageIn(id), (id, lookups) => id is null ? "" : lookups.StageOut(id)),
        // Won and lost are a status at Pipedrive, whatever stage the deal is in. A deleted deal's status says nothing of its fate.
        new("status", "status", (status, _) => status == PipedriveObjects.Deleted ? null : status, (status, _) => status ?? ""),
        new("probability", "probability", (percent, _) => Scaled(percent, 0.01m), (part, _) => Scaled(part, 100m) ?? ""),
        Same("expected_close_date", "close_date"),
        Same("lost_reason", "lost_reason"),
        Owner,
    ];

    public static readonly ImmutableArray<FieldMap> Lead =
    [
        Same("value.amount", "lead_value"),
        Same("value.currency", "lead_currency"),
        FieldMap.ReadOnly("source_name", "lead_source"),
        new("is_archived", "lead_status", (archived, _) => string.IsNullOrEmpty(archived) ? null : archived == "true" ? "archived" : "open", null),
        Owner,
    ];

    public static readonly ImmutableArray<FieldMap> Call = Activity("call");

    public static readonly ImmutableArray<FieldMap> Email = Activity("email");

    public static readonly ImmutableArray<FieldMap> Meeting = Activity("meeting");

    public static readonly ImmutableArray<FieldMap> Note =
    [
        // A note has no such member, and is refused with one.
        new("type", "type", (_, _) => "note", null),
        Same("content", "body"),
        FieldMap.ReadOnly("add_time", "occurred_at"),
        // A note's writer cannot be changed.
        new("owner_id", "owner_id", (id, lookups) => lookups.OwnerIn(id), null),
    ];

    public static readonly ImmutableArray<FieldMap> Task =
    [
        // Other platforms' tasks may be calls to make: such a type would make another kind of a record of it.
        new("type", "type", (type, _) => type, (type, _) => PipedriveObjects.KindOfActivity(type ?? "task") == RemoteKind.Task ? type ?? "" : "task"),
        Same("subject", "subject"),
        Same("note", "body"),
        new(
            "done", "status", (done, _) => string.IsNullOrEmpty(done) ? null : done == "true" ? "completed" : "not_started",
            (status, _) => status == "completed" ? "true" : "false"),
        Due("due_at"),
        FieldMap.ReadOnly("marked_as_done_time", "completed_at"),
        Owner,
    ];

    private static readonly ImmutableDictionary<RemoteKind, ImmutableArray<FieldMap>> Tables =
        new Dictionary<RemoteKind, ImmutableArray<FieldMap>>
        {
            [RemoteKind.Contact] = Contact,
            [RemoteKind.Company] = Company,
            [RemoteKind.Deal] = Deal,
            [RemoteKind.Lead] = Lead,
            [RemoteKind.Call] = Call,
            [RemoteKind.Email] = Email,
            [RemoteKind.Meeting] = Meeting,
            [RemoteKind.Note] = Note,
            [RemoteKind.Task] = Task,
        }.ToImmutableDictionary();

    private static FieldMap Owner => new(
        "owner_id", "owner_id", (id, lookups) => lookups.OwnerIn(id), (id, lookups) => id is null ? "" : lookups.OwnerOut(id));

    /// <summary>The table of a kind, and behind it the tenant's own fields.</summary>
    /// <param name="own">The tenant's, of every kind; the shape has them.</param>
    public static RecordMapper MapperOf(RemoteKind kind, RecordShape shape, IEnumerable<CustomField>? own = null) => new(
        kind, shape, Tables[kind].Concat((own ?? []).Where(field => field.Kind == kind).Select(field => field.Map())));

    private static ImmutableArray<FieldMap> Activity(string type) =>
    [
        Constant(type),
        Same("subject", "subject"),
        Same("note", "body"),
        Same("location", "location"),
        Due("occurred_at"),
        FieldMap.ReadOnly(PipedriveDue.Ends, "ends_at"),
        new("duration", "duration_seconds", (duration, _) => PipedriveDue.Seconds(duration), (seconds, _) => PipedriveDue.Duration(seconds)),
        Owner,
    ];

    // Written when the activity is created only: the hub has no other value of it to send.
    private static FieldMap Constant(string type) => new("type", "type", (_, _) => type, (_, _) => type);

    private static FieldMap Due(string field) => new(
        PipedriveDue.Due, field, (due, lookups) => PipedriveDue.ToHub(due, lookups.Locale), (at, lookups) => PipedriveDue.FromHub(at, lookups.Locale));

    private static FieldMap Same(string property, string field) => new(property, field, (text, _) => text, (text, _) => text ?? "");

    private static string? Scaled(string? number, decimal by) =>
        decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? (value * by).ToString("0.####", CultureInfo.InvariantCulture)
            : number;
}
