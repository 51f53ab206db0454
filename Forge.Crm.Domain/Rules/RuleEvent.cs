using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

public enum RuleEventType
{
    Created,
    Changed,
    Deleted,
    Restored,

    /// <summary>One of our own apps sent it; see <see cref="RuleEvent.Data"/>.</summary>
    App,

    /// <summary>Nothing happened: a time came, for one rule and one record.</summary>
    Time,
}

/// <summary>A field's canonical texts before and after.</summary>
public readonly record struct FieldChange(string? Old, string? New);

/// <summary>Something that rules may act on: a change of one hub record, an app's event, or a time that has come.</summary>
/// <param name="Id">Of the row in <c>crm_rule_events</c>: an action happens once for a rule and this id.</param>
/// <param name="Kind">Of the record; null for an app's event.</param>
/// <param name="Depth">How many rules' actions lead to it: 0 for what a person, a platform or a time did.</param>
public sealed record RuleEvent(
    long Id, RuleEventType Type, RecordKind? Kind, Guid? RecordId, ImmutableDictionary<string, FieldChange> Changes, DateTimeOffset At, int Depth = 0)
{
    public static readonly ImmutableDictionary<string, FieldChange> NoChanges = ImmutableDictionary<string, FieldChange>.Empty;

    /// <summary>The type of an app's event, e.g. <c>bidflow.inquiry.submitted</c>.</summary>
    public string? AppType { get; init; }

    /// <summary>When an app's event happened, as the app says.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>What an app's event says; undefined for others.</summary>
    public JsonElement Data { get; init; }

    /// <summary>The one rule that a time is for; null where any rule may act.</summary>
    public Guid? OnlyRule { get; init; }
}
