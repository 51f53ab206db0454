using System.Collections.Immutable;

namespace Forge.Crm.Domain.Records;

/// <summary>Two hub records that belong together, in the one direction in which the hub keeps them (see <see cref="AssociationKinds"/>).</summary>
public readonly record struct AssociationKey(RecordKind FromKind, Guid FromId, RecordKind ToKind, Guid ToId);

/// <param name="Stamp">When it was last added or removed, and where.</param>
/// <param name="Bases">Per platform: whether it showed the association when last read. An unlink on one side is not re-added from another.</param>
public sealed record Association(
    AssociationKey Key, bool IsPrimary, Stamp Stamp, DateTimeOffset? DeletedAt, ImmutableDictionary<Platform, bool> Bases);

/// <summary>All records of one kind that a platform shows associated with one record.</summary>
public sealed record RemoteAssociations(RemoteRef From, RemoteKind ToKind, ImmutableArray<RemoteAssociation> To);

public readonly record struct RemoteAssociation(string ToId, bool IsPrimary);

public static class AssociationKinds
{
    private static readonly ImmutableDictionary<RemoteKind, ImmutableArray<RemoteKind>> Targets =
        new Dictionary<RemoteKind, ImmutableArray<RemoteKind>>
        {
            [RemoteKind.Contact] = [RemoteKind.Company],
            [RemoteKind.Deal] = [RemoteKind.Contact, RemoteKind.Company],
            [RemoteKind.Call] = [RemoteKind.Contact, RemoteKind.Company, RemoteKind.Deal],
            [RemoteKind.Email] = [RemoteKind.Contact, RemoteKind.Company, RemoteKind.Deal],
            [RemoteKind.Meeting] = [RemoteKind.Contact, RemoteKind.Company, RemoteKind.Deal],
            [RemoteKind.Task] = [RemoteKind.Contact, RemoteKind.Company, RemoteKind.Deal],
        }.ToImmutableDictionary();

    /// <summary>The kinds that the hub keeps associations to, seen from this kind; empty for a kind that is only pointed at.</summary>
    public static ImmutableArray<RemoteKind> From(RemoteKind kind) => Targets.GetValueOrDefault(kind, []);
}
