using System.Collections.Immutable;

namespace Forge.Crm.Domain.Records;

/// <summary>Two hub records that belong together, in the one direction in which the hub keeps them (see <see cref="AssociationKinds"/>).</summary>
public readonly record struct AssociationKey(RecordKind FromKind, Guid FromId, RecordKind ToKind, Guid ToId);

/// <param name="Stamp">When it was last added or removed, and where.</param>
/// <param name="Bases">Per platform: what it last showed of the association. An unlink on one side is not re-added from another.</param>
public sealed record Association(
    AssociationKey Key, bool IsPrimary, Stamp Stamp, DateTimeOffset? DeletedAt, ImmutableDictionary<Platform, AssociationBase> Bases)
{
    public bool IsLive => DeletedAt is null;

    public AssociationBase BaseOf(Platform platform) => Bases.GetValueOrDefault(platform);
}

/// <summary>What a platform last showed of an association, or what we last wrote there; the default value: not there.</summary>
/// <param name="IsPrimary">As the platform has it, where it knows a primary one.</param>
/// <param name="WrittenAt">When our last write of it was answered, by our clock: a read that began before does not know of it.</param>
public readonly record struct AssociationBase(bool IsShown, bool IsPrimary = false, DateTimeOffset? WrittenAt = null);

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
            [RemoteKind.Note] = [RemoteKind.Contact, RemoteKind.Company, RemoteKind.Deal],
            [RemoteKind.Task] = [RemoteKind.Contact, RemoteKind.Company, RemoteKind.Deal],
        }.ToImmutableDictionary();

    /// <summary>The kinds that the hub keeps associations to, seen from this kind; empty for a kind that is only pointed at.</summary>
    public static ImmutableArray<RemoteKind> From(RemoteKind kind) => Targets.GetValueOrDefault(kind, []);

    /// <summary>How many associations from one kind to another a platform has room for.</summary>
    public static AssociationRoom RoomOf(Platform platform, RecordKind from, RecordKind to) => (platform, from, to) switch
    {
        (Platform.HubSpot, RecordKind.Contact or RecordKind.Deal, RecordKind.Company) => AssociationRoom.ManyAndAPrimary,
        (Platform.Pipedrive, RecordKind.Activity or RecordKind.Task, RecordKind.Contact) => AssociationRoom.ManyAndAPrimary, // participants
        (Platform.Pipedrive, _, _) => AssociationRoom.One, // fields: org_id, person_id, deal_id
        (Platform.SupabaseProject, _, _) => AssociationRoom.One, // a foreign key is one column
        _ => AssociationRoom.Many,
    };
}

public enum AssociationRoom
{
    Many,

    /// <summary>Many, of which one is the primary one.</summary>
    ManyAndAPrimary,
    One,
}
