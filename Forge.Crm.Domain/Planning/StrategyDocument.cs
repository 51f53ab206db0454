using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Planning;

/// <summary>
/// The written form of <see cref="Strategies"/>, as <c>crm_sync_configs.strategies</c> holds it: a JSON object from an entity
/// (<c>contact</c>) or a field (<c>contact.phone</c>, <c>deal.custom.region</c>) to a strategy's name, or to an object with
/// <c>strategy</c> and, where they belong to it, <c>ranks</c> (every platform once, the strongest first; <c>supabase_project</c> may be left
/// out, and is then the last), <c>merge</c> and <c>source</c>:
/// <c>{ "contact": "manual_review", "deal.amount": { "strategy": "field_merge", "merge": "max" } }</c>.
/// Contradictions are refused here, when it is saved, so that planning never meets one.
/// </summary>
public static class StrategyDocument
{
    // Few tenants have a project of their own: nobody else has to rank it.
    private static readonly ImmutableArray<Platform> Required = [.. Enum.GetValues<Platform>().Where(platform => platform != Platform.SupabaseProject)];

    /// <param name="strategy">The tenant's own, for everything that the document does not name.</param>
    /// <exception cref="FormatException">The document contradicts itself or the tenant's fields; the message names the place and the remedy.</exception>
    public static Strategies Read(string strategy, IReadOnlyList<string> ranks, string json, Func<RecordKind, RecordShape> shapeOf)
    {
        var tenant = new FieldRule(Name<Strategy>("strategy", strategy), null, Ranks("platform_ranks", ranks));
        var kinds = ImmutableDictionary.CreateBuilder<RecordKind, FieldRule>();
        var fields = ImmutableDictionary.CreateBuilder<(RecordKind, string), FieldRule>();
        foreach (var entry in Members(json))
        {
            var (kind, field) = Target(entry.Name, shapeOf);
            var rule = Rule($"strategies.\"{entry.Name}\"", entry.Value, tenant, field?.Type);
            if (field is null)
                kinds[kind] = rule;
            else
                fields[(kind, field.Name)] = rule;
        }

        return new(tenant, kinds.ToImmutable(), fields.ToImmutable());
    }

    private static List<(string Name, JsonElement Value)> Members(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? [.. document.RootElement.EnumerateObject().Select(member => (member.Name, member.Value.Clone()))]
                : throw new FormatException("strategies is no JSON object; write {\"contact.phone\": \"source_priority\"}, or {} for none.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"strategies is no JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}, or names a member twice.", e);
        }
    }

    private static (RecordKind Kind, Field? Field) Target(string name, Func<RecordKind, RecordShape> shapeOf)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var kind = Name<RecordKind>($"strategies.\"{name}\"", dot < 0 ? name : name[..dot]);
        if (dot < 0)
            return (kind, null);
        var shape = shapeOf(kind);
        return shape.IndexOf(name[(dot + 1)..]) is >= 0 and var i
            ? (kind, shape.Fields[i])
            : throw new FormatException(
                $"strategies.\"{name}\": a {kind.ToName()} has no field '{name[(dot + 1)..]}'; there are: {string.Join(", ", shape.Fields.Select(field => field.Name))}");
    }

    private static FieldRule Rule(string place, JsonElement value, FieldRule tenant, FieldType? type)
    {
        if (value.ValueKind == JsonValueKind.String)
            return Checked(place, tenant with { Strategy = Name<Strategy>(place, value.GetString()!) }, type);
        if (value.ValueKind != JsonValueKind.Object)
            throw new FormatException($"{place} is neither a strategy's name nor an object; write \"timestamp_based\" or {{ \"strategy\": \"timestamp_based\" }}.");
        var strategy = Name<Strategy>($"{place}.strategy", Text(place, value, "strategy") ?? throw new FormatException($"{place} has no strategy."));
        var rule = tenant with { Strategy = strategy };
        foreach (var member in value.EnumerateObject())
            rule = Member(place, rule, member);
        return Checked(place, rule, type);
    }

    private static FieldRule Member(string place, FieldRule rule, JsonProperty member) => (member.Name, rule.Strategy) switch
    {
        ("strategy", _) => rule,
        ("ranks", not Strategy.ManualReview) => rule with { Ranks = Ranks($"{place}.ranks", Texts(place, member)) },
        ("merge", Strategy.FieldMerge) => rule with { Merge = Name<Merge>($"{place}.merge", Text(place, member)) },
        ("source", Strategy.FieldMerge or Strategy.SourcePriority) => rule with { Ranks = First(rule.Ranks, Name<Platform>($"{place}.source", Text(place, member))) },
        ("merge" or "source" or "ranks", var strategy) => throw new FormatException($"{place}.{member.Name} means nothing to {strategy.ToName()}; leave it out."),
        _ => throw new FormatException($"{place}.{member.Name} is not known; there are: strategy, ranks, merge, source"),
    };

    private static FieldRule Checked(string place, FieldRule rule, FieldType? type)
    {
        if (rule.Merge is not { } merge)
            return rule;
        if (type is { } fieldType ? Merges.Rules[merge].FitsTo(fieldType) : Merges.Rules[merge].Fits.IsEmpty)
            return rule;
        var fits = string.Join(", ", Merges.Rules[merge].Fits.Select(fit => fit.ToName()));
        throw new FormatException(type is { } unfit
            ? $"{place}: {merge.ToName()} joins values of type {fits}, and this field is of type {unfit.ToName()}; use newest or prefer_source."
            : $"{place}: {merge.ToName()} fits fields of type {fits} only; name the field, as in \"deal.amount\".");
    }

    private static ImmutableArray<Platform> Ranks(string place, IReadOnlyList<string> names)
    {
        ImmutableArray<Platform> ranks = [.. names.Select(name => Name<Platform>(place, name))];
        if (Required.Except(ranks).ToList() is { Count: > 0 } missing)
            throw new FormatException($"{place} misses {string.Join(", ", missing.Select(Names.ToName))}; name every platform once, the strongest first.");
        if (ranks.Distinct().Count() != ranks.Length)
            throw new FormatException($"{place} names a platform twice; name every platform once, the strongest first.");
        return ranks.Contains(Platform.SupabaseProject) ? ranks : ranks.Add(Platform.SupabaseProject);
    }

    private static ImmutableArray<Platform> First(ImmutableArray<Platform> ranks, Platform source) => [source, .. ranks.Where(platform => platform != source)];

    private static T Name<T>(string place, string name)
        where T : struct, Enum
    {
        try
        {
            return Names.Parse<T>(name);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{place}: {e.Message}", e);
        }
    }

    private static string? Text(string place, JsonElement value, string name) =>
        value.EnumerateObject().Where(member => member.Name == name).Select(member => Text(place, member)).FirstOrDefault();

    private static string Text(string place, JsonProperty member) =>
        member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : throw new FormatException($"{place}.{member.Name} is no text.");

    private static List<string> Texts(string place, JsonProperty member) =>
        member.Value.ValueKind == JsonValueKind.Array && member.Value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. member.Value.EnumerateArray().Select(item => item.GetString()!)]
            : throw new FormatException($"{place}.{member.Name} is no list of platforms; write [\"hubspot\", \"supabase\", \"pipedrive\"].");
}
