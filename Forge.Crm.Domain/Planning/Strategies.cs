using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>Who wins where both sides changed one field to different values.</summary>
public enum Strategy
{
    /// <summary>The later change; ties by platform rank, then by value.</summary>
    TimestampBased,

    /// <summary>The platform that ranks highest for the field; of two edits on one platform the later.</summary>
    SourcePriority,

    /// <summary>A rule of the field joins the two values; see <see cref="Merge"/>.</summary>
    FieldMerge,

    /// <summary>Nobody, until a person decides: the field is held and a conflict is listed.</summary>
    ManualReview,
}

/// <summary>How <see cref="Strategy.FieldMerge"/> joins two values. Each is one line of <see cref="Merges"/>.</summary>
public enum Merge
{
    Newest,

    /// <summary>The value of the platform that ranks first, where one of the two is its; else the newest.</summary>
    PreferSource,
    Longest,
    Union,
    Max,
    Min,
}

/// <summary>What decides a conflict of one field.</summary>
/// <param name="Merge">For <see cref="Strategy.FieldMerge"/> alone; null is the field type's own: <c>union</c> for a set, else <c>newest</c>.</param>
/// <param name="Ranks">Every platform once, the strongest first; also breaks ties of equal stamps.</param>
public sealed record FieldRule(Strategy Strategy, Merge? Merge, ImmutableArray<Platform> Ranks)
{
    public static readonly ImmutableArray<Platform> DefaultRanks = [Platform.Supabase, Platform.HubSpot, Platform.Pipedrive, Platform.SupabaseProject];

    public static readonly FieldRule Default = new(Strategy.TimestampBased, null, DefaultRanks);

    public int RankOf(Platform platform) => Ranks.IndexOf(platform);
}

/// <summary>A tenant's strategies: of the field, else of the entity, else of the tenant. See <see cref="StrategyDocument"/> for their written form.</summary>
/// <param name="OfKinds">By entity.</param>
/// <param name="OfFields">By entity and field name.</param>
public sealed record Strategies(
    FieldRule Tenant, ImmutableDictionary<RecordKind, FieldRule> OfKinds, ImmutableDictionary<(RecordKind Kind, string Field), FieldRule> OfFields)
{
    public static readonly Strategies Default = Of(FieldRule.Default);

    public static Strategies Of(FieldRule tenant) =>
        new(tenant, ImmutableDictionary<RecordKind, FieldRule>.Empty, ImmutableDictionary<(RecordKind, string), FieldRule>.Empty);

    public static Strategies Of(Strategy strategy) => Of(FieldRule.Default with { Strategy = strategy });

    public FieldRule For(RecordKind kind, string field) =>
        OfFields.GetValueOrDefault((kind, field)) ?? OfKinds.GetValueOrDefault(kind) ?? Tenant;
}
