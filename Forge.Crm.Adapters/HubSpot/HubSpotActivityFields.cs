using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Mapping;
using static Forge.Crm.Adapters.HubSpot.HubSpotMaps;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>
/// HubSpot's properties of activities and tasks and the hub's fields, both ways. HubSpot's words are in capitals, the hub's are not; a word that is not in a
/// list here goes as it is, and HubSpot says whether it knows it.
/// </summary>
internal static class HubSpotActivityFields
{
    public static readonly ImmutableArray<FieldMap> Call =
    [
        Constant("call"),
        Same("hs_call_title", "subject"),
        Same("hs_call_body", "body"),
        Word("hs_call_direction", "direction"),
        Listed("hs_call_disposition", "outcome",
        [
            ("f240bbac-87c9-4f6e-bf70-924b57d47db7", "connected"), ("9d9162e7-6cf3-4944-bf63-4dff82258764", "busy"),
            ("a4c4c377-d246-4b32-a13b-75a56a4cd0ff", "left_live_message"), ("b2cf5968-551e-4856-9783-52b3da59a7d0", "left_voicemail"),
            ("73a0d17f-1163-4015-bdd5-ec830791da20", "no_answer"), ("17b47fee-58de-441e-a44c-c6300d46f273", "wrong_number"),
        ]),
        Same(HubSpotActivities.At, "occurred_at"),
        new("hs_call_duration", "duration_seconds", (milliseconds, _) => Scaled(milliseconds, 0.001m), (seconds, _) => Scaled(seconds, 1_000m) ?? ""),
        OwnerId,
    ];

    public static readonly ImmutableArray<FieldMap> Email =
    [
        Constant("email"),
        Same("hs_email_subject", "subject"),
        Same("hs_email_text", "body"),
        Listed("hs_email_direction", "direction", [("EMAIL", "outbound"), ("INCOMING_EMAIL", "inbound"), ("FORWARDED_EMAIL", "forwarded")]),
        Word("hs_email_status", "outcome"),
        Same(HubSpotActivities.At, "occurred_at"),
        // HubSpot fills them in from hs_email_headers (documentation, "Engagements: emails", "Read-only properties").
        FieldMap.ReadOnly(HubSpotActivities.SenderAddress, "from_email"),
        FieldMap.ReadOnly(HubSpotActivities.Sender, "from_name"),
        OwnerId,
    ];

    public static readonly ImmutableArray<FieldMap> Meeting =
    [
        Constant("meeting"),
        Same("hs_meeting_title", "subject"),
        Same("hs_meeting_body", "body"),
        Word("hs_meeting_outcome", "outcome"),
        Same("hs_meeting_location", "location"),
        Same(HubSpotActivities.Starts, "occurred_at"),
        Same(HubSpotActivities.Ends, "ends_at"),
        FieldMap.ReadOnly(HubSpotActivities.Duration, "duration_seconds"),
        OwnerId,
    ];

    public static readonly ImmutableArray<FieldMap> Note =
    [
        Constant("note"),
        Same("hs_note_body", "body"),
        Same(HubSpotActivities.At, "occurred_at"),
        OwnerId,
    ];

    public static readonly ImmutableArray<FieldMap> Task =
    [
        Same("hs_task_subject", "subject"),
        Same("hs_task_body", "body"),
        Word("hs_task_status", "status"),
        Word("hs_task_priority", "priority"),
        // Other platforms have types of their own: to HubSpot they are all things to do.
        Listed("hs_task_type", "type", [("TODO", "task"), ("CALL", "call"), ("EMAIL", "email")], other: "TODO"),
        Same(HubSpotActivities.At, "due_at"),
        OwnerId,
    ];

    // What kind of an activity it is, is what kind of a record it is: nothing tells it but where it was read.
    private static FieldMap Constant(string type) => new(HubSpotObjects.Id, "type", (_, _) => type, null);

    private static FieldMap Word(string property, string field) =>
        new(property, field, (text, _) => text?.ToLowerInvariant(), (text, _) => text?.ToUpperInvariant() ?? "");

    /// <param name="other">What is written for a word that is not in the list; null: the word itself.</param>
    private static FieldMap Listed(string property, string field, (string Theirs, string Ours)[] words, string? other = null) => new(
        property, field,
        (text, _) => words.FirstOrDefault(word => string.Equals(word.Theirs, text, StringComparison.OrdinalIgnoreCase)).Ours ?? text,
        (text, _) => string.IsNullOrEmpty(text) ? "" : words.FirstOrDefault(word => word.Ours == text).Theirs ?? other ?? text);

    private static string? Scaled(string? number, decimal by) =>
        decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? (value * by).ToString("0.####", CultureInfo.InvariantCulture)
            : number;
}
