using System.Collections.Immutable;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Rules;

/// <summary>What rules may know of a tenant beside the records.</summary>
/// <param name="Now">The instant that the event is looked at.</param>
/// <param name="Stages">Of every platform, without archived ones; a stage that two platforms share is there once.</param>
/// <param name="Owners">Of every platform; a person whom two platforms know is there once.</param>
public sealed record RuleFacts(
    DateTimeOffset Now, TenantLocale Locale, Func<RecordKind, RecordShape> ShapeOf, ImmutableArray<Stage> Stages, ImmutableArray<Owner> Owners)
{
    /// <summary>How many open deals each owner has; asked for only where a rule assigns by it.</summary>
    public ImmutableDictionary<Guid, int> OpenDeals { get; init; } = ImmutableDictionary<Guid, int>.Empty;

    /// <summary>The tenant's date.</summary>
    public DateOnly Today => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(Now, Locale.Zone).DateTime);

    /// <summary>The stages that a text names, by label or id. A label may stand in several pipelines.</summary>
    public ImmutableArray<Stage> StagesCalled(string? name) => string.IsNullOrWhiteSpace(name)
        ? []
        : [.. Stages.Where(stage => string.Equals(stage.Label.Trim(), name.Trim(), StringComparison.OrdinalIgnoreCase) || stage.StageId.ToString() == name)];

    /// <summary>Whom a text names, by e-mail address or id; null where nobody active is called so.</summary>
    public Owner? OwnerCalled(string? name) => string.IsNullOrWhiteSpace(name)
        ? null
        : Owners.FirstOrDefault(owner => owner.IsActive
            && (string.Equals(owner.Email, name.Trim(), StringComparison.OrdinalIgnoreCase) || owner.OwnerId.ToString() == name));

    /// <summary>Where a new deal begins: the first open stage of the first pipeline.</summary>
    public Stage? FirstStage => Stages.Where(stage => stage.Status == "open").MinBy(stage => (stage.Pipeline, stage.Position, stage.StageId));
}

/// <summary>A hub record as rules see it.</summary>
/// <param name="Values">Canonical, in the order of the shape.</param>
public sealed record RuleRecord(RecordShape Shape, Guid Id, ImmutableArray<string?> Values)
{
    public RecordKind Kind => Shape.Kind;

    /// <summary>Null also where this kind has no such field.</summary>
    public string? this[string field] => Shape.IndexOf(field) is >= 0 and var i ? Values[i] : null;
}
