using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>What a rule does, decided: to be written in one transaction.</summary>
public abstract record RuleEffect
{
    private RuleEffect()
    {
    }

    /// <param name="Keys">Match keys that the record claims; where another holds one already, somebody else was faster.</param>
    /// <param name="Links">Records that it belongs to, or that belong to it.</param>
    public sealed record Create(
        RecordKind Kind, Guid Id, ImmutableDictionary<string, string> Values, ImmutableArray<string> Keys, ImmutableArray<(RecordKind Kind, Guid Id)> Links) : RuleEffect;

    /// <param name="Values">Canonical; null clears the field.</param>
    public sealed record Set(RecordKind Kind, Guid Id, ImmutableDictionary<string, string?> Values) : RuleEffect;

    /// <param name="To">An e-mail address; null for the owner, or for the administrators where there is none.</param>
    public sealed record Alert(string? To, Guid? Owner, RecordKind? Kind, Guid? About, string Subject, string Text) : RuleEffect;

    /// <param name="Name">Of the lead; one line.</param>
    public sealed record HubSpotLead(Guid Contact, string Name) : RuleEffect;

    /// <param name="Secret">Its name in the vault.</param>
    /// <param name="Body">JSON.</param>
    public sealed record Webhook(Uri Url, string Secret, string Body, RecordKind? Kind, Guid? About) : RuleEffect;
}

/// <summary>What a rule decided of one event.</summary>
/// <param name="Notes">What went otherwise than meant, without values.</param>
/// <param name="TurnTaken">It assigned by turns: the next time the next owner's.</param>
public sealed record RuleDecision(ImmutableArray<RuleEffect> Effects, ImmutableArray<string> Notes, bool TurnTaken);
