using System.Collections.Immutable;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <summary>What makes one platform differ from another.</summary>
/// <param name="Tick">How exact its times are.</param>
/// <param name="Skew">How far its clock is ahead of ours.</param>
/// <param name="SearchLag">How long its search does not know of a change.</param>
/// <param name="MergesIntoNewId">HubSpot: a merge makes a third id; else the survivor keeps its own and the loser counts as deleted.</param>
/// <param name="TellsFields">Its webhooks name the property and value; else only the record.</param>
/// <param name="Normalise">What it makes of a value, whoever writes it.</param>
/// <param name="Rewrite">What a rule of the tenant's own there makes of a value afterwards; null for no rule.</param>
internal sealed record Traits(
    Platform Platform,
    TimeSpan Tick,
    TimeSpan Skew,
    TimeSpan SearchLag,
    bool KeepsHistory,
    bool MergesIntoNewId,
    bool HasUniqueEmail,
    bool TellsFields,
    ImmutableArray<string> Fields,
    Func<string, string?, string?> Normalise,
    Func<string, string?, string?> Rewrite)
{
    public RecordMapper Mapper { get; } = SimulatedFields.MapperOf(Fields);

    /// <summary>It has no place for our id.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>Its people can merge the program's records.</summary>
    public bool CanMerge { get; init; } = true;

    public static Traits HubSpot(Setup setup) => new(
        Platform.HubSpot, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(setup.HubSpotSkew), TimeSpan.FromSeconds(10),
        KeepsHistory: true, MergesIntoNewId: true, HasUniqueEmail: true, TellsFields: true,
        [.. SimulatedFields.Maps.Select(map => map.Property)],
        (field, value) => field == "last_name" ? value?.Trim().ToLowerInvariant() : value,
        Rule(setup, value => value.ToLowerInvariant()))
    {
        CanMerge = !setup.IsAnonymous,
    };

    public static Traits Pipedrive(Setup setup) => new(
        Platform.Pipedrive, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(setup.PipedriveSkew), TimeSpan.Zero,
        KeepsHistory: false, MergesIntoNewId: false, HasUniqueEmail: false, TellsFields: true,
        [.. SimulatedFields.Maps.Select(map => map.Property).Where(name => name != "lead_value" && (name != "email" || !setup.IsAnonymous))],
        (field, value) => field != "job_title" || value is null ? value : setup.IsAnonymous ? value.ToUpperInvariant() : value[..Math.Min(value.Length, 9)], // cut, it would be like nothing
        Rule(setup, value => value.ToUpperInvariant()))
    {
        IsAnonymous = setup.IsAnonymous,
        CanMerge = !setup.IsAnonymous,
    };

    private static Func<string, string?, string?> Rule(Setup setup, Func<string, string> rewrite) =>
        setup.Automations ? (field, value) => field == "first_name" && value is not null ? rewrite(value) : value : (_, value) => value;
}
