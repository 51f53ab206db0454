using System.Globalization;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>Records that are put away because a platform deleted its own (<see cref="DeletePolicy.Archive"/>), and brought back with it.</summary>
public sealed partial class BatchPlanner
{
    private void Archive(WorkingSet set, RemoteChange change, HubRecord hub, Lifecycle deletion)
    {
        if (shapeOf(hub.Kind).IsArchived(hub))
            return;
        var at = Canonical.Of(FieldType.Time, deletion.HubAt.ToString("O", CultureInfo.InvariantCulture), policy.Locale);
        set.Put(hub = Archived(hub, at, deletion.HubAt, change.Cause));
        PushChanged(hub, ownPushDue: false);
    }

    /// <summary>What this platform's deletion put away comes back with the platform's record; what a person or another platform did stays.</summary>
    private HubRecord BroughtBack(HubRecord hub, RemoteRecord record, Cause cause)
    {
        var shape = shapeOf(hub.Kind);
        return policy.TakesIn && shape.IsArchived(hub) && hub.Stamps[shape.ArchivedAt].By == policy.Platform
            ? Archived(hub, null, Earlier(record.Version, record.ReadAt), cause)
            : hub;
    }

    private HubRecord Archived(HubRecord hub, string? value, DateTimeOffset at, Cause cause)
    {
        var i = shapeOf(hub.Kind).ArchivedAt;
        var stamp = new Stamp(at, policy.Platform).After(hub.Stamps[i]);
        _history.Add(new(hub.Kind, hub.Id, HistoryAction.Set, StandardFields.ArchivedAt, hub.Values[i], value, policy.Platform, stamp.At, cause));
        return hub with { Values = hub.Values.SetItem(i, value), Stamps = hub.Stamps.SetItem(i, stamp) };
    }
}
