using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Records that say nothing of who made them, and are like creations of ours that were not answered; pure.</summary>
internal static class Likenesses
{
    /// <summary>
    /// Gives each to one creation that it is like, and no creation two: of twins it makes no difference whose is whose. One that is linked already
    /// is another's twin; it and what is left over are no findings.
    /// </summary>
    public static IEnumerable<RemoteSnapshot> Give(IEnumerable<RemoteSnapshot> found, Func<RemoteRef, bool> isKnown)
    {
        var given = new HashSet<Guid>();
        foreach (var snapshot in found)
        {
            if (snapshot.AlikeTo.IsEmpty)
            {
                yield return snapshot;
            }
            else if (!isKnown(snapshot.Ref) && snapshot.AlikeTo.Except(given).ToList() is [var id, ..])
            {
                given.Add(id);
                yield return snapshot with { SyncId = id };
            }
        }
    }
}
