using Forge.Crm.Domain.Records;

namespace Forge.Crm;

/// <summary>How far a sync job is, after a step.</summary>
/// <param name="Kind">What is being read; null before the first and after the last kind.</param>
/// <param name="Done">Records of all kinds read so far.</param>
/// <param name="Total">
/// How many there are, where the platform says so; on Pipedrive, which does not, how many were linked when the job began. An estimate: people go on working.
/// </param>
/// <param name="PerSecond">Over the time of this call; 0 before its first page.</param>
/// <param name="TimeLeft">Null where it cannot be told yet.</param>
/// <param name="Step">Steps committed so far.</param>
/// <param name="DayEnds">It waits for the platform's next day, since what is left of this one is kept for live edits; null where it does not.</param>
public sealed record SyncProgress(
    RemoteKind? Kind, long Done, long? Total, double PerSecond, TimeSpan? TimeLeft, long Step, DateTimeOffset? DayEnds = null);
