using Forge.Crm.Domain.Records;

namespace Forge.Crm;

/// <summary>Both the hub and the platform hold records, and nobody has approved yet which of them belong together.</summary>
public sealed class MatchPlanException : InvalidOperationException
{
    internal MatchPlanException(Platform platform, bool isPlanAsked)
        : base(isPlanAsked
            ? $"A match plan belongs to a first connection; that of {platform} is open already."
            : $"{platform} and the hub both hold records: make the match plan, look at it and approve it first (/api/v1/connections/{platform.ToName()}/match-plan).")
    {
    }
}
