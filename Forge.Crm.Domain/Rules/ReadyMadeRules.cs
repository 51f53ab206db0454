using System.Collections.Immutable;

namespace Forge.Crm.Domain.Rules;

/// <summary>A rule that comes with the product; its numbers are settings that the tenant changes.</summary>
/// <param name="Preset">Its name for good, e.g. <c>alert-at-risk</c>.</param>
/// <param name="App">The app whose events it is for; null: every tenant has it.</param>
public sealed record ReadyMadeRule(string Preset, string? App)
{
    public string Document => Resources.Read($"Rules.ReadyMade.{Preset}.json");
}

public static class ReadyMadeRules
{
    /// <summary>In the order in which they run.</summary>
    public static readonly ImmutableArray<ReadyMadeRule> All =
    [
        new("contact-on-reply", null), new("deal-on-meeting", null), new("task-on-proposal", null), new("alert-at-risk", null),
        new("bidflow-inquiry", "bidflow"), new("folio-transaction", "folio"), new("hephaitos-signup", "hephaitos"),
    ];
}
