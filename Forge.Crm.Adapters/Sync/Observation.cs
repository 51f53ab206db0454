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

    /// <summary>A record of a page, which no event announced.</summary>
    public static Observation Of(RemoteSnapshot snapshot, Cause cause) =>
        new(snapshot.Ref, snapshot, [], null, [], snapshot.Associations, cause);
}

/// <summary>What an observation came to.</summary>
internal sealed record Applied(Observation Observation, ChangeResult Result);
