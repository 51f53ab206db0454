using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>How an owner is chosen of several.</summary>
public enum RuleTurn
{
    RoundRobin,
    LeastLoaded,
}

/// <summary>One thing that a rule does.</summary>
/// <param name="If">Null: always. Seen when its turn comes, so it may name what an earlier action made.</param>
public abstract record RuleAction(RuleCondition? If)
{
    /// <param name="As">A name for the new record, for the actions behind it.</param>
    /// <param name="Unless">Not where a record stands under this alias already.</param>
    /// <param name="Key">A key of one's own by which a later event finds it again, e.g. <c>folio.store:{{ event.data.store_id }}</c>.</param>
    /// <param name="Link">Aliases of records that it is associated with, where there are such.</param>
    public sealed record Create(
        RuleCondition? If, RecordKind Kind, string? As, string? Unless, RuleValue? Key, ImmutableArray<(string Field, RuleValue Value)> Fields, ImmutableArray<string> Link)
        : RuleAction(If);

    public sealed record Set(RuleCondition? If, string Record, ImmutableArray<(string Field, RuleValue Value)> Fields) : RuleAction(If);

    /// <param name="IsBackwardsToo">Otherwise a deal that stands further on, or is won or lost, stays.</param>
    public sealed record MoveStage(RuleCondition? If, string Record, RuleValue Stage, bool IsBackwardsToo) : RuleAction(If);

    /// <param name="Owners">Addresses to choose from; empty: all that are active.</param>
    /// <param name="IsReplacing">Otherwise who owns it already keeps it.</param>
    public sealed record Assign(RuleCondition? If, string Record, RuleTurn By, ImmutableArray<RuleValue> Owners, bool IsReplacing) : RuleAction(If);

    /// <param name="To"><c>owner</c>, <c>administrators</c>, or an e-mail address.</param>
    public sealed record Alert(RuleCondition? If, string? Record, RuleValue To, RuleValue Subject, RuleValue Text) : RuleAction(If);

    /// <summary>HubSpot's own lead object, of a contact; where the account has none, the contact's life-cycle stage has to do.</summary>
    public sealed record HubSpotLead(RuleCondition? If, string Record, RuleValue Name) : RuleAction(If);

    public sealed record Webhook(RuleCondition? If, string? Record, Uri Url, string Secret, ImmutableArray<(string Member, RuleValue Value)> Body) : RuleAction(If);
}
