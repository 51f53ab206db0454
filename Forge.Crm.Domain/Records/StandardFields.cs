using System.Collections.Immutable;
using static Forge.Crm.Domain.Records.FieldType;

namespace Forge.Crm.Domain.Records;

/// <summary>The standard fields of every kind. A name here is the column's name in the kind's table.</summary>
public static class StandardFields
{
    /// <summary>When the record was put away, of every kind: it lives, and is created on no further platform. See <c>docs/planning.md</c>, "Deletions".</summary>
    public const string ArchivedAt = "archived_at";

    public static readonly RecordShape Contact = new(RecordKind.Contact,
    [
        new("email", Email), new("additional_emails", Set), new("first_name", Text), new("last_name", Text),
        new("phone", Phone), new("mobile_phone", Phone), new("job_title", Text), new("company_name", Text), new("website", Text),
        new("street", Text), new("city", Text), new("state", Text), new("postal_code", Text), new("country", Text),
        new("lifecycle_stage", Text, HasDefault: true), new("lead_status", Text), new("lead_source", Text, HasDefault: true),
        new("lead_value", Number), new("lead_currency", Text, HasDefault: true), new("owner_id", Reference, HasDefault: true), new(ArchivedAt, Time),
    ]);

    public static readonly RecordShape Company = new(RecordKind.Company,
    [
        new("name", Text), new("domain", HostName), new("phone", Phone), new("website", Text), new("industry", Text),
        new("employee_count", WholeNumber), new("annual_revenue", Number),
        new("street", Text), new("city", Text), new("state", Text), new("postal_code", Text), new("country", Text),
        new("description", Text), new("lifecycle_stage", Text, HasDefault: true), new("owner_id", Reference, HasDefault: true), new(ArchivedAt, Time),
    ]);

    public static readonly RecordShape Deal = new(RecordKind.Deal,
    [
        new("name", Text), new("amount", Number), new("currency", Text, HasDefault: true), new("pipeline_id", Reference, HasDefault: true), new("stage_id", Reference, HasDefault: true),
        new("status", Text, HasDefault: true), new("probability", Number, HasDefault: true), new("close_date", Date), new("deal_type", Text), new("description", Text),
        new("lost_reason", Text), new("won_reason", Text), new("owner_id", Reference, HasDefault: true), new(ArchivedAt, Time),
    ]);

    public static readonly RecordShape Activity = new(RecordKind.Activity,
    [
        new("type", Text, HasDefault: true), new("subject", Text, HasDefault: true), new("body", Text), new("direction", Text), new("outcome", Text), new("location", Text),
        new("occurred_at", Time, HasDefault: true), new("ends_at", Time), new("duration_seconds", WholeNumber),
        new("from_email", Email), new("from_name", Text), new("owner_id", Reference, HasDefault: true), new(ArchivedAt, Time),
    ]);

    public static readonly RecordShape Task = new(RecordKind.Task,
    [
        new("subject", Text, HasDefault: true), new("body", Text), new("status", Text, HasDefault: true), new("priority", Text, HasDefault: true), new("type", Text, HasDefault: true),
        new("due_at", Time, HasDefault: true), new("completed_at", Time), new("owner_id", Reference, HasDefault: true), new(ArchivedAt, Time),
    ]);

    private static readonly ImmutableArray<RecordShape> All = [Contact, Company, Deal, Activity, Task];

    public static RecordShape Of(RecordKind kind) => All[(int)kind];
}
