using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>A value that competes for a field, and its stamp.</summary>
public readonly record struct Candidate(string? Value, Stamp Stamp);

/// <summary>A true conflict: both sides changed, to different values. Total, and the same whichever side is asked first.</summary>
internal static class Contest
{
    private delegate int Rule(in Candidate hub, in Candidate remote, SyncPolicy policy);

    private static readonly ImmutableDictionary<Strategy, Rule> Rules = new Dictionary<Strategy, Rule>
    {
        [Strategy.TimestampBased] = Later,
    }.ToImmutableDictionary();

    public static bool RemoteWins(in Candidate hub, in Candidate remote, SyncPolicy policy) =>
        Rules.TryGetValue(policy.Strategy, out var rule)
            ? rule(hub, remote, policy) < 0
            : throw new NotSupportedException($"The strategy {policy.Strategy.ToName()} is not built yet; use timestamp_based.");

    /// <summary>Above zero where the hub's candidate wins.</summary>
    private static int Later(in Candidate hub, in Candidate remote, SyncPolicy policy)
    {
        if (hub.Stamp.At != remote.Stamp.At)
            return hub.Stamp.At.CompareTo(remote.Stamp.At);
        var rank = policy.Ranks.IndexOf(remote.Stamp.By) - policy.Ranks.IndexOf(hub.Stamp.By);
        return rank != 0 ? rank : string.CompareOrdinal(hub.Value, remote.Value);
    }
}
