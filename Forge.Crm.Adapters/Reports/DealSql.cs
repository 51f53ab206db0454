using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Reports;

namespace Forge.Crm.Adapters.Reports;

/// <summary>What the reports on deals have in common.</summary>
internal static class DealSql
{
    public const string None = "'00000000-0000-0000-0000-000000000000'::uuid";

    public static readonly RecordPast Deals = new(
        RecordKind.Deal, "crm_deals", ("stage_id", "uuid"), ("pipeline_id", "uuid"), ("status", "text"), ("amount", "numeric"), ("currency", "text"),
        ("probability", "numeric"), ("close_date", "date"), ("owner_id", "uuid"), ("archived_at", "timestamptz"));

    /// <summary>A deal that was put away counts nowhere; of the rows of <see cref="RecordPast.At"/>.</summary>
    public const string NotAway = "r.archived_at is null";

    private static readonly string Decimals = string.Join(' ', CurrencyDecimals.Unusual.Select(unusual =>
        $"when {{currency}} in ({string.Join(", ", unusual.Value.Select(currency => $"'{currency}'"))}) then {unusual.Key}"));

    /// <summary>
    /// <c>stage</c>: the stages at the instant, one row an id. A stage that two platforms share has a row of each; the live one with the newest
    /// name counts.
    /// </summary>
    public static string Stages(string at) => $"""
        {LookupPast.Stages.At(at)},
        stage as materialized (
            select distinct on (stage_id) stage_id, pipeline_id, pipeline, label, probability, status
              from stage_then order by stage_id, archived, updated_at desc, platform, pipeline_external_id, external_id)
        """;

    /// <summary>
    /// How the deal <c>d</c> stands, whose stage is <c>s</c>. Both have their say: Pipedrive leaves a deal that is won or lost in the stage where
    /// that happened, HubSpot has stages for it.
    /// </summary>
    public const string Standing = """
        case when d.status = 'lost' or s.status = 'lost' then 'lost' when d.status = 'won' or s.status = 'won' then 'won' else 'open' end
        """;

    /// <summary>
    /// The share at which an open deal counts is its own probability, else its stage's: <c>share</c> is null where it has none of its own. What has
    /// one is weighed deal by deal, all else of a stage at once.
    /// </summary>
    public static readonly string OwnShare = $"case when d.probability is not null then {Share("d.probability")} end as share";

    /// <summary>Of deals with <see cref="OwnShare"/>, as few sums a row as can be.</summary>
    public const string Sums = """
        sum(amount) filter (where share is not null) as own, sum(amount * share) as own_weighted, sum(amount) filter (where share is null) as stages
        """;

    /// <summary>Of <see cref="Sums"/>.</summary>
    public const string Total = "coalesce(own, 0) + coalesce(stages, 0)";

    public static readonly string StageShare = Share("s.probability");

    /// <summary>Of <see cref="Sums"/>, of the stage <c>s</c>.</summary>
    public static readonly string Weighted = $"coalesce(own_weighted, 0) + coalesce(stages, 0) * {StageShare}";

    /// <summary>A probability as a share: never more than all, nor less than nothing; one that is not known is none.</summary>
    public static string Share(string probability) => $"least(greatest(coalesce({probability}, 0), 0), 1)";

    /// <summary>A currency as it is written; one that is missing is the tenant's, <paramref name="tenants"/>.</summary>
    public static string Currency(string column, string tenants) => $"upper(coalesce(nullif(trim({column}), ''), {tenants}))";

    public static string Rounded(string sum, string currency) => $"round({sum}, {DecimalsOf(currency)})";

    /// <summary>An amount in JSON: never without its currency.</summary>
    public static string Money(string amount, string currency) =>
        $"jsonb_build_object('amount', {Rounded(amount, currency)}, 'currency', {currency})";

    private static string DecimalsOf(string currency) => $"case {Decimals.Replace("{currency}", currency, StringComparison.Ordinal)} else {CurrencyDecimals.Usual} end";
}
