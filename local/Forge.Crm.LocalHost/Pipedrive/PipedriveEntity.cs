namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>What a field takes. The names of records mean: the id of a live one.</summary>
internal enum PipedriveFieldKind
{
    Text,
    Whole,
    Number,
    Flag,
    Date,
    Clock,
    Instant,

    /// <summary>E-mail addresses or phone numbers: <c>[{"value":"...","primary":true,"label":"work"}]</c>.</summary>
    Entries,

    /// <summary>An object of text parts, <c>value</c> being the whole.</summary>
    Address,

    /// <summary>Whole numbers.</summary>
    Ids,
    Participants,
    User,
    Person,
    Organization,
    Deal,
    Pipeline,
    Stage,
    Status,
    Any,
}

/// <param name="IsReadOnly">Writing it is refused.</param>
/// <param name="IsOptional">An answer has it only where <c>include_fields</c> asks for it.</param>
internal sealed record PipedriveField(string Name, PipedriveFieldKind Kind, bool IsReadOnly = false, bool IsOptional = false);

/// <summary>A kind of record of version 2 and its fields, in the order of the API's description.</summary>
internal sealed record PipedriveEntity(string Singular, string Plural, PipedriveField[] Fields)
{
    public static readonly PipedriveEntity Person = new("person", "persons",
    [
        Id, new("name", PipedriveFieldKind.Text), new("first_name", PipedriveFieldKind.Text), new("last_name", PipedriveFieldKind.Text),
        Owner, new("org_id", PipedriveFieldKind.Organization), .. Times, new("emails", PipedriveFieldKind.Entries), new("phones", PipedriveFieldKind.Entries),
        Deleted, VisibleTo, new("label_ids", PipedriveFieldKind.Ids), new("picture_id", PipedriveFieldKind.Any, IsReadOnly: true),
    ]);

    public static readonly PipedriveEntity Organization = new("organization", "organizations",
    [
        Id, new("name", PipedriveFieldKind.Text), Owner, .. Times, Deleted, VisibleTo, new("address", PipedriveFieldKind.Address),
        new("label_ids", PipedriveFieldKind.Ids), Optional("website", PipedriveFieldKind.Text), Optional("linkedin", PipedriveFieldKind.Text),
        Optional("industry", PipedriveFieldKind.Whole), Optional("annual_revenue", PipedriveFieldKind.Number),
        Optional("employee_count", PipedriveFieldKind.Whole),
    ]);

    public static readonly PipedriveEntity Deal = new("deal", "deals",
    [
        Id, new("title", PipedriveFieldKind.Text), Owner, ReadOnly("creator_user_id"), new("person_id", PipedriveFieldKind.Person),
        new("org_id", PipedriveFieldKind.Organization), new("pipeline_id", PipedriveFieldKind.Pipeline), new("stage_id", PipedriveFieldKind.Stage),
        new("value", PipedriveFieldKind.Number), new("currency", PipedriveFieldKind.Text), .. Times, ReadOnly("stage_change_time"), Deleted,
        new("is_archived", PipedriveFieldKind.Flag), ReadOnly("archive_time"), new("status", PipedriveFieldKind.Status),
        new("probability", PipedriveFieldKind.Number), new("lost_reason", PipedriveFieldKind.Text), VisibleTo,
        new("close_time", PipedriveFieldKind.Instant), new("won_time", PipedriveFieldKind.Instant), new("lost_time", PipedriveFieldKind.Instant),
        ReadOnly("local_won_date"), ReadOnly("local_lost_date"), ReadOnly("local_close_date"), new("expected_close_date", PipedriveFieldKind.Date),
        new("label_ids", PipedriveFieldKind.Ids), ReadOnly("origin"), ReadOnly("origin_id"), ReadOnly("channel"), ReadOnly("channel_id"),
        ReadOnly("acv"), ReadOnly("arr"), ReadOnly("mrr"), new("source_lead_id", PipedriveFieldKind.Any, IsReadOnly: true, IsOptional: true),
    ]);

    public static readonly PipedriveEntity Activity = new("activity", "activities",
    [
        Id, new("subject", PipedriveFieldKind.Text), new("type", PipedriveFieldKind.Text), Owner, ReadOnly("creator_user_id"), Deleted, .. Times,
        new("deal_id", PipedriveFieldKind.Deal), new("lead_id", PipedriveFieldKind.Text),
        // Follows from the participants: to be set there (documentation, "API v2 migration guide").
        ReadOnly("person_id"), new("org_id", PipedriveFieldKind.Organization), new("project_id", PipedriveFieldKind.Whole),
        new("due_date", PipedriveFieldKind.Date), new("due_time", PipedriveFieldKind.Clock), new("duration", PipedriveFieldKind.Clock),
        new("busy", PipedriveFieldKind.Flag), new("done", PipedriveFieldKind.Flag), ReadOnly("marked_as_done_time"),
        new("location", PipedriveFieldKind.Address), new("participants", PipedriveFieldKind.Participants),
        new("attendees", PipedriveFieldKind.Any, IsOptional: true), new("public_description", PipedriveFieldKind.Text),
        new("note", PipedriveFieldKind.Text), new("priority", PipedriveFieldKind.Whole),
    ]);

    public static readonly PipedriveEntity[] All = [Person, Organization, Deal, Activity];

    /// <summary>Activities have no custom fields.</summary>
    public bool HasCustomFields => this != Activity;

    private static PipedriveField Id => ReadOnly("id");
    private static PipedriveField Owner => new("owner_id", PipedriveFieldKind.User);
    private static PipedriveField Deleted => ReadOnly("is_deleted");
    private static PipedriveField VisibleTo => new("visible_to", PipedriveFieldKind.Whole);
    private static PipedriveField[] Times => [ReadOnly("add_time"), ReadOnly("update_time")];

    public static PipedriveEntity? Find(string plural) => Array.Find(All, entity => entity.Plural == plural);

    public PipedriveField? Field(string name) => Array.Find(Fields, field => field.Name == name);

    private static PipedriveField ReadOnly(string name) => new(name, PipedriveFieldKind.Any, IsReadOnly: true);

    private static PipedriveField Optional(string name, PipedriveFieldKind kind) => new(name, kind, IsOptional: true);
}
