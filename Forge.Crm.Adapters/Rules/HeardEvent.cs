using Forge.Crm.Domain.Rules;

namespace Forge.Crm.Adapters.Rules;

/// <summary>An event of <c>crm_rule_events</c> with its record, as rules look at it.</summary>
/// <param name="Record">As it is now; null for an app's event, or where it is gone.</param>
/// <param name="Keys">What rules listen by; none of a time, which is for one rule.</param>
/// <param name="Attempts">How often it was claimed, this time included.</param>
/// <param name="JournalId">Of an app's event: its row of the journal.</param>
internal sealed record HeardEvent(RuleEvent Event, RuleRecord? Record, IReadOnlyList<string> Keys, int Attempts, long? JournalId = null);
