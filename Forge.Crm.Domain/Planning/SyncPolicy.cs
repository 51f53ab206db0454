using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>Who wins where both sides changed one field to different values.</summary>
public enum Strategy
{
    /// <summary>The later change; ties by platform rank, then by value.</summary>
    TimestampBased,
    SourcePriority,
    FieldMerge,
    ManualReview,
}

/// <summary>What a deletion on a platform does to the hub.</summary>
public enum DeletePolicy
{
    /// <summary>The hub record is deleted too (softly), and the other platforms follow.</summary>
    Propagate,

    /// <summary>Only the link ends; the hub record lives on.</summary>
    Archive,
    Ignore,
}

/// <summary>A platform that hears of the hub's changes, and of which kinds.</summary>
public sealed record PushTarget(Platform Platform, ImmutableHashSet<RecordKind> Kinds);

/// <summary>A tenant's rules for one platform.</summary>
/// <param name="Ranks">All platforms, the strongest first.</param>
/// <param name="Targets">Where changes of the hub are pushed; the platform itself is among them where it takes pushes.</param>
public sealed record SyncPolicy(
    Platform Platform,
    TenantLocale Locale,
    Strategy Strategy,
    ImmutableArray<Platform> Ranks,
    DeletePolicy OnDelete,
    ImmutableArray<PushTarget> Targets)
{
    public static SyncPolicy DefaultFor(Platform platform) => new(
        platform, TenantLocale.Default, Strategy.TimestampBased,
        [Platform.Supabase, Platform.HubSpot, Platform.Pipedrive], DeletePolicy.Propagate, []);
}
