namespace Forge.Crm;

/// <summary>What a sync job reads.</summary>
public enum SyncMode
{
    /// <summary>Every record of the account, page by page, with its associations. Records that are here already and did not change cost no write.</summary>
    Initial,

    /// <summary>What changed since the last time, and, at most once an hour, what was deleted.</summary>
    Incremental,

    /// <summary>Both sides in full: finds and heals what no event and no incremental read told us, missed deletions too.</summary>
    Sweep,

    /// <summary>Some kinds or some records, because a person asks for them.</summary>
    Manual,

    /// <summary>Both sides of a first connection, to see what belongs together: a plan for a person to approve. Writes no record anywhere.</summary>
    Match,
}
