using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Mapping;

/// <summary>A deal stage of a platform and what it is in the hub.</summary>
/// <param name="Status">The hub's deal status that the stage means: <c>open</c>, <c>won</c> or <c>lost</c>.</param>
/// <param name="Probability">0 to 1; null where the platform gives none.</param>
public sealed record Stage(
    string PipelineExternalId, string ExternalId, Guid PipelineId, Guid StageId, string Pipeline, string Label, int Position,
    decimal? Probability, string Status, bool IsArchived);

/// <param name="OwnerId">The hub's id: the same for one person on two platforms, matched by e-mail.</param>
public sealed record Owner(string ExternalId, Guid OwnerId, string? Email, string? Name, bool IsActive);

/// <summary>What a mapping needs beside the record itself: the platform's owners and stages and the hub's ids for them.</summary>
public sealed class Lookups
{
    private readonly ImmutableDictionary<string, Guid> _ownersIn;
    private readonly ImmutableDictionary<Guid, string> _ownersOut;
    private readonly ImmutableDictionary<string, Stage> _stagesIn;
    private readonly ImmutableDictionary<Guid, Stage> _stagesOut;
    private readonly ImmutableDictionary<string, Guid> _pipelinesIn;
    private readonly HashSet<string> _missingOwners = [];
    private readonly HashSet<string> _missingStages = [];
    private readonly HashSet<string> _missingPipelines = [];

    public Lookups(TenantLocale locale, IEnumerable<Owner> owners, IEnumerable<Stage> stages)
    {
        Locale = locale;
        Owners = [.. owners];
        Stages = [.. stages];
        _ownersIn = Owners.ToImmutableDictionary(owner => owner.ExternalId, owner => owner.OwnerId);
        _ownersOut = Owners.GroupBy(owner => owner.OwnerId).ToImmutableDictionary(group => group.Key, group => group.First().ExternalId);
        _stagesIn = Stages.GroupBy(stage => stage.ExternalId).ToImmutableDictionary(group => group.Key, group => group.First());
        _stagesOut = Stages.GroupBy(stage => stage.StageId).ToImmutableDictionary(group => group.Key, group => group.First());
        _pipelinesIn = Stages.GroupBy(stage => stage.PipelineExternalId).ToImmutableDictionary(group => group.Key, group => group.First().PipelineId);
    }

    public static Lookups None(TenantLocale locale) => new(locale, [], []);

    public TenantLocale Locale { get; }

    public ImmutableArray<Owner> Owners { get; }

    public ImmutableArray<Stage> Stages { get; }

    /// <summary>Whether a mapping asked for an owner, stage or pipeline that is not here: ask the platform again, then map again.</summary>
    public bool HasMissing => _missingOwners.Count + _missingStages.Count + _missingPipelines.Count > 0;

    /// <summary>External ids of owners that mappings asked for in vain.</summary>
    public IReadOnlyCollection<string> MissingOwners => _missingOwners;

    public IReadOnlyCollection<string> MissingStages => _missingStages;

    public IReadOnlyCollection<string> MissingPipelines => _missingPipelines;

    public string? OwnerIn(string? externalId) => In(_ownersIn, externalId, _missingOwners);

    public string? PipelineIn(string? externalId) => In(_pipelinesIn, externalId, _missingPipelines);

    public string? StageIn(string? externalId) => StageOf(externalId)?.StageId.ToString();

    public string? StatusIn(string? externalStageId) => StageOf(externalStageId)?.Status;

    public string? OwnerOut(string? ownerId) => ownerId is null ? null : _ownersOut.GetValueOrDefault(Guid.Parse(ownerId));

    public string? StageOut(string? stageId) => stageId is null ? null : _stagesOut.GetValueOrDefault(Guid.Parse(stageId))?.ExternalId;

    public string? PipelineOut(string? pipelineId) =>
        pipelineId is null ? null : Stages.FirstOrDefault(stage => stage.PipelineId == Guid.Parse(pipelineId))?.PipelineExternalId;

    private Stage? StageOf(string? externalId)
    {
        if (string.IsNullOrEmpty(externalId))
            return null;
        if (_stagesIn.TryGetValue(externalId, out var stage))
            return stage;
        _missingStages.Add(externalId);
        return null;
    }

    private static string? In(ImmutableDictionary<string, Guid> ids, string? externalId, HashSet<string> missing)
    {
        if (string.IsNullOrEmpty(externalId))
            return null;
        if (ids.TryGetValue(externalId, out var id))
            return id.ToString();
        missing.Add(externalId);
        return null;
    }
}
