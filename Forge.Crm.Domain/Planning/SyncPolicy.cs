using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>What a deletion on a platform does to the hub.</summary>
public enum DeletePolicy
{
    /// <summary>The hub record is deleted too (softly), and the other platforms follow.</summary>
    Propagate,

    /// <summary>The hub record is put away, and lives on: it stays where it is, and is created on no further platform until it is brought back.</summary>
    Archive,

    /// <summary>Only the link ends; the hub record lives on.</summary>
    Ignore,
}

/// <summary>A platform that hears of the hub's changes, and of which kinds.</summary>
public sealed record PushTarget(Platform Platform, ImmutableHashSet<RecordKind> Kinds);

/// <summary>A tenant's rules for one platform.</summary>
/// <param name="Targets">Where changes of the hub are pushed; the platform itself is among them where it takes pushes.</param>
public sealed record SyncPolicy(
    Platform Platform,
    TenantLocale Locale,
    Strategies Strategies,
    DeletePolicy OnDelete,
    ImmutableArray<PushTarget> Targets)
{
    /// <summary>
    /// False where the platform is only written to: what people do there is noted on the link, and lost to the hub. Only an erasure counts, wherever
    /// it comes from.
    /// </summary>
    public bool TakesIn { get; init; } = true;

    public static SyncPolicy DefaultFor(Platform platform) =>
        new(platform, TenantLocale.Default, Strategies.Default, DeletePolicy.Propagate, []);

    public bool Pushes(Platform platform, RecordKind kind)
    {
        foreach (var target in Targets)
        {
            if (target.Platform == platform && target.Kinds.Contains(kind))
                return true;
        }

        return false;
    }
}
