using System.Collections.Immutable;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What is known of one record before mapping: what a read returned and what events said.</summary>
internal sealed record Observation(
    RemoteRef Ref,
    RemoteSnapshot? Snapshot,
    ImmutableArray<ChangeEvent> Events,
    Lifecycle? Lifecycle,
    ImmutableArray<string> MergedIds,
    ImmutableArray<RemoteAssociations> Associations,
    Cause Cause)
{
    /// <summary>What it says of our own writes to the record.</summary>
    public OwnWrite OwnWrite { get; init; }

    /// <summary>See <see cref="RemoteChange.IsLast"/>.</summary>
    public bool IsLast { get; init; }

    public DateTimeOffset? MergedAt =>
        Events.Where(told => told.Type == ChangeType.Merged).Max(told => (DateTimeOffset?)Stamp.Micros(told.OccurredAt));

    /// <summary>See <see cref="RemoteChange.HeardAt"/>.</summary>
    public DateTimeOffset? HeardAt => Events.Min(told => (DateTimeOffset?)Stamp.Micros(told.ReceivedAt));

    /// <summary>A record of a page, which no event announced.</summary>
    public static Observation Of(RemoteSnapshot snapshot, Cause cause) =>
        new(snapshot.Ref, snapshot, [], null, [], snapshot.Associations, cause);

    /// <summary>
    /// A record of the recycle bin. Its values no longer matter: one that could not be mapped must not keep the record alive here. What was
    /// merged into it is gone with it, also where nobody told us of the merge.
    /// </summary>
    public static Observation Gone(RemoteSnapshot archived, Cause cause)
    {
        var deleted = new Lifecycle(ChangeType.Deleted, Stamp.Micros(archived.ArchivedAt ?? archived.UpdatedAt), Stamp.Micros(archived.ReadAt));
        return new(archived.Ref, null, [], deleted, archived.MergedIds.IsDefault ? [] : archived.MergedIds, [], cause);
    }
}

/// <summary>What an observation came to.</summary>
internal sealed record Applied(Observation Observation, ChangeResult Result);
