using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What a step read: to be applied, counted and committed together.</summary>
/// <param name="Snapshots">All that was read.</param>
/// <param name="Read">How many of them, from the first, were read for the first time in this job; the others only confirm or deny.</param>
/// <param name="Cursor">Where the phase goes on.</param>
/// <param name="IsPhaseDone">The phase of this kind is at its end.</param>
internal sealed record StepPage(IReadOnlyList<RemoteSnapshot> Snapshots, int Read, SyncCursor Cursor, bool IsPhaseDone)
{
    private readonly HashSet<string> _secondLooks = [.. Snapshots.Skip(Read).Select(snapshot => snapshot.Ref.Id)];

    /// <summary>Records that are here at the version that the platform named: not read, and unchanged.</summary>
    public int Known { get; init; }

    /// <summary>Ids that were asked for and that the platform does not show.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Records of the hub that the platform lacks.</summary>
    public int OnlyHere { get; init; }

    /// <summary>Found changed, and gone when they were read: their deletion comes by another way.</summary>
    public int Vanished { get; init; }

    /// <summary>How many more records there are to read than the job knew of.</summary>
    public long? NewTotal { get; init; }

    public bool IsSecondLook(string id) => _secondLooks.Contains(id);
}
