using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>How Pipedrive names its kinds of records.</summary>
internal static class PipedriveObjects
{
    /// <summary>The word for a live or a deleted deal, whatever became of it: only deals can be asked for when they are deleted.</summary>
    public const string AnyStatus = "open,won,lost,deleted";

    public const string Deleted = "deleted";

    private static readonly ImmutableDictionary<RemoteKind, string> Paths = new Dictionary<RemoteKind, string>
    {
        [RemoteKind.Contact] = "persons",
        [RemoteKind.Company] = "organizations",
        [RemoteKind.Deal] = "deals",
        // No connector has the kind yet: what this folder does with leads is held by the contract tests alone (docs/adr/0014).
        [RemoteKind.Lead] = "leads",
        [RemoteKind.Note] = "notes",
    }.ToImmutableDictionary();

    // By the keys of the types that every account has from the start, which stay when a type is renamed; people add their own, which are things to do.
    private static readonly ImmutableDictionary<string, RemoteKind> Activities = new Dictionary<string, RemoteKind>
    {
        ["call"] = RemoteKind.Call,
        ["email"] = RemoteKind.Email,
        ["meeting"] = RemoteKind.Meeting,
        ["lunch"] = RemoteKind.Meeting,
    }.ToImmutableDictionary();

    private static readonly ImmutableDictionary<RemoteKind, string> Types = new Dictionary<RemoteKind, string>
    {
        [RemoteKind.Call] = "call",
        [RemoteKind.Email] = "email",
        [RemoteKind.Meeting] = "meeting",
        [RemoteKind.Task] = "task",
    }.ToImmutableDictionary();

    private static readonly ImmutableDictionary<string, RemoteKind> Entities = new Dictionary<string, RemoteKind>
    {
        ["person"] = RemoteKind.Contact,
        ["organization"] = RemoteKind.Company,
        ["deal"] = RemoteKind.Deal,
        ["lead"] = RemoteKind.Lead,
        ["note"] = RemoteKind.Note,
    }.ToImmutableDictionary();

    /// <summary>The name in paths. Calls, e-mails, meetings and tasks are all activities.</summary>
    public static string PathOf(RemoteKind kind) => Paths.GetValueOrDefault(kind, "activities");

    /// <summary>Whether only version 1 of the API has the kind.</summary>
    public static bool IsOfFirstVersion(RemoteKind kind) => kind is RemoteKind.Lead or RemoteKind.Note;

    /// <summary>
    /// Fields that an answer has only where they are asked for (the client library's changes of June 2026: "not included by default").
    /// </summary>
    public static string? IncludedFieldsOf(RemoteKind kind) => kind == RemoteKind.Company ? "website,annual_revenue,employee_count" : null;

    /// <summary>The type of an activity of the kind; null for what is none. Without a type it would be a call, whatever it was meant to be.</summary>
    public static string? TypeOf(RemoteKind kind) => Types.GetValueOrDefault(kind);

    public static RemoteKind KindOfActivity(string? type) => Activities.GetValueOrDefault(type ?? "", RemoteKind.Task);

    /// <summary>Whether the record is of the kind that was asked for: one list holds activities of every kind.</summary>
    public static bool IsOf(RemoteKind kind, JsonElement record) =>
        PathOf(kind) != "activities" || KindOfActivity(PipedriveValues.TextOf(record, "type")) == kind;

    /// <param name="entity">As webhooks name it.</param>
    /// <param name="data">Tells the kind of an activity.</param>
    public static RemoteKind? KindOf(string? entity, JsonElement data) =>
        entity == "activity" ? KindOfActivity(PipedriveValues.TextOf(data, "type"))
        : entity is not null && Entities.TryGetValue(entity, out var kind) ? kind
        : null;
}
