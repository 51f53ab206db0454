using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>What two versions of a record come to.</summary>
/// <param name="Values">Every field of either, canonical; a field that waits for review keeps the local value.</param>
/// <param name="InReview">Fields that a person has to decide, with both values.</param>
public sealed record Resolution(
    IReadOnlyDictionary<string, string?> Values, IReadOnlyDictionary<string, (string? Local, string? Remote)> InReview)
{
    public string? this[string field] => Values[field];
}

/// <summary>What the two versions are of; the defaults compare a contact of the hub with one of HubSpot.</summary>
/// <param name="Rule">Ranks, and the merge of <c>field_merge</c>; the strategy in it is not looked at.</param>
public sealed record ResolveOptions(
    RecordKind Kind = RecordKind.Contact, Platform Local = Platform.Supabase, Platform Remote = Platform.HubSpot, FieldRule? Rule = null)
{
    public TenantLocale Locale { get; init; } = TenantLocale.Default;
}

/// <summary>
/// Two versions of a record without anything that both came from: every difference is a conflict, decided as the planner decides one.
/// </summary>
/// <example>
/// <code>
/// var local = new Dictionary&lt;string, string?&gt; { ["email"] = "old@example.com", ["updated_at"] = "2024-01-01" };
/// var remote = new Dictionary&lt;string, string?&gt; { ["email"] = "new@example.com", ["updated_at"] = "2024-01-02" };
/// ConflictResolver.Resolve(local, remote, "timestamp_based")["email"]; // new@example.com
/// </code>
/// </example>
public static class ConflictResolver
{
    /// <summary>The field that says when the whole version was last changed; not itself compared.</summary>
    public const string UpdatedAt = "updated_at";

    /// <param name="local">Values by field name (a standard field's, or any other as text), with <see cref="UpdatedAt"/>: ISO 8601, a date alone is its midnight UTC.</param>
    /// <param name="strategy"><c>timestamp_based</c>, <c>source_priority</c>, <c>field_merge</c> or <c>manual_review</c>.</param>
    /// <exception cref="ArgumentException">The strategy does not exist, a version has no readable <see cref="UpdatedAt"/>, or a value is none of its field's type; the message names it.</exception>
    public static Resolution Resolve(
        IReadOnlyDictionary<string, string?> local, IReadOnlyDictionary<string, string?> remote, string strategy, ResolveOptions? options = null)
    {
        options ??= new();
        if (!Names.TryParse<Strategy>(strategy, out var known))
            throw new ArgumentException($"There is no strategy '{strategy}'; there are: {string.Join(", ", Enum.GetValues<Strategy>().Select(s => s.ToName()))}", nameof(strategy));
        var rule = (options.Rule ?? FieldRule.Default) with { Strategy = known };
        var here = StampOf(local, options.Local, nameof(local));
        var there = StampOf(remote, options.Remote, nameof(remote));
        var values = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        var review = new SortedDictionary<string, (string?, string?)>(StringComparer.Ordinal);
        foreach (var name in local.Keys.Union(remote.Keys).Where(name => name != UpdatedAt))
        {
            var type = TypeOf(options.Kind, name);
            var (a, b) = (Value(local, name, type, options, nameof(local)), Value(remote, name, type, options, nameof(remote)));
            values[name] = local.ContainsKey(name) ? a : b;
            if (a == b || !local.ContainsKey(name) || !remote.ContainsKey(name))
                continue; // equal, or one side knows nothing of it
            if (Contest.Decide(new(a, here), new(b, there), type, Fitting(rule, type, name)) is { } winner)
                values[name] = winner.Value;
            else
                review[name] = (a, b);
        }

        return new(values, review);
    }

    private static FieldType TypeOf(RecordKind kind, string name) =>
        StandardFields.Of(kind).IndexOf(name) is >= 0 and var i ? StandardFields.Of(kind).Fields[i].Type : FieldType.Text;

    private static FieldRule Fitting(FieldRule rule, FieldType type, string name) =>
        rule is not { Strategy: Strategy.FieldMerge, Merge: { } merge } || Merges.Rules[merge].FitsTo(type)
            ? rule
            : throw new ArgumentException($"The merge rule {merge.ToName()} does not fit '{name}', which is of type {type.ToName()}.");

    private static string? Value(IReadOnlyDictionary<string, string?> version, string name, FieldType type, ResolveOptions options, string side)
    {
        try
        {
            return Canonical.Of(type, version.GetValueOrDefault(name), options.Locale);
        }
        catch (FormatException e)
        {
            throw new ArgumentException($"{side}.{name}: {e.Message}", side, e);
        }
    }

    private static Stamp StampOf(IReadOnlyDictionary<string, string?> version, Platform platform, string side)
    {
        if (version.GetValueOrDefault(UpdatedAt) is not { } text)
            throw new ArgumentException($"{side} has no {UpdatedAt}.", side);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? new(Stamp.Micros(at), platform)
            : throw new ArgumentException($"{side}.{UpdatedAt} is no date: '{text}'; write it as 2024-01-31 or 2024-01-31T12:00:00Z.", side);
    }
}
