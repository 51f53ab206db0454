using System.Collections.Immutable;

namespace Forge.Crm.Domain.Records;

/// <summary>A record's address in one platform account of a tenant.</summary>
public readonly record struct RemoteRef(RemoteKind Kind, string Id)
{
    public override string ToString() => $"{Kind.ToName()} {Id}";
}

public enum LinkState
{
    Live,

    /// <summary>A tombstone: a late event about it raises nothing from the dead.</summary>
    Deleted,

    /// <summary>An alias: the platform merged this id into another one.</summary>
    Merged,

    /// <summary>Removed for privacy; nothing about it is ever read again.</summary>
    Erased,
}

/// <summary>A push under way: the value and the hub stamp that it carries.</summary>
public sealed record Sent(string? Value, Stamp Stamp);

/// <summary>
/// What joins a hub record and a platform's record, and what the platform last showed of each field. Arrays are in the order of the
/// kind's <see cref="RecordShape"/>.
/// </summary>
/// <param name="StateAt">When the platform says the link came into its state.</param>
/// <param name="MergedInto">The surviving id, where <see cref="LinkState.Merged"/>.</param>
/// <param name="RemoteVersion">The platform's own "last modified" of the newest snapshot that was taken over.</param>
/// <param name="ReadAt">When the request of that snapshot started.</param>
/// <param name="Seen">The value that the platform last showed, also when it lost.</param>
/// <param name="SeenStamps">The stamp of <paramref name="Seen"/>; <see cref="Stamp.None"/> where nothing was ever shown.</param>
/// <param name="Level">The hub stamp that the platform is level with; a push is due where the hub's own stamp differs.</param>
/// <param name="Sent">Pushes under way, by field.</param>
public sealed record RecordLink(
    RemoteRef Ref,
    Guid RecordId,
    LinkState State,
    DateTimeOffset StateAt,
    string? MergedInto,
    DateTimeOffset? RemoteVersion,
    DateTimeOffset? ReadAt,
    ImmutableArray<string?> Seen,
    ImmutableArray<Stamp> SeenStamps,
    ImmutableArray<Stamp> Level,
    ImmutableDictionary<int, Sent> Sent);
