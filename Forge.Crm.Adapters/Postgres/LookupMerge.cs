using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>What the stored owners and stages become when the platform lists its own. Pure but for the ids of new ones.</summary>
/// <param name="known">What a mapping asked for in vain is in here.</param>
internal sealed class LookupMerge(Lookups known)
{
    /// <summary>What the columns hold: numeric(5,4).</summary>
    private const int ProbabilityScale = 4;

    /// <summary>The platform's owners: stored ones keep their id, new ones take that of the same e-mail address, wherever it was seen first.</summary>
    /// <param name="own">Stored, of this platform.</param>
    /// <param name="all">Stored, of all platforms; the first of an address gives its id.</param>
    public List<Owner> Owners(IReadOnlyList<Owner> own, IReadOnlyList<Owner> all, IReadOnlyList<RemoteOwner> listed)
    {
        var idByEmail = all.Where(owner => owner.Email is not null).GroupBy(owner => owner.Email!).ToDictionary(group => group.Key, group => group.First().OwnerId);
        var rows = own.ToDictionary(owner => owner.ExternalId, owner => owner with { IsActive = false });
        foreach (var remote in listed)
        {
            var email = string.IsNullOrWhiteSpace(remote.Email) ? null : remote.Email.Trim().ToLowerInvariant();
            var id = rows.GetValueOrDefault(remote.Id)?.OwnerId ?? (email is not null && idByEmail.TryGetValue(email, out var same) ? same : Guid.CreateVersion7());
            if (email is not null)
                idByEmail.TryAdd(email, id);
            rows[remote.Id] = new(remote.Id, id, email, remote.Name, remote.IsActive);
        }

        foreach (var missing in known.MissingOwners)
            rows.TryAdd(missing, new(missing, Guid.CreateVersion7(), null, null, IsActive: false));
        return [.. rows.Values];
    }

    /// <summary>The platform's stages. A placeholder's hub ids pass to the stage or pipeline when the platform lists it after all.</summary>
    public List<Stage> Stages(IReadOnlyList<Stage> stored, IReadOnlyList<RemoteStage> listed)
    {
        var rows = stored.ToDictionary(stage => (stage.PipelineExternalId, stage.ExternalId), stage => stage with { IsArchived = true });
        var pipelines = stored.GroupBy(stage => stage.PipelineExternalId).ToDictionary(group => group.Key, group => group.First().PipelineId);
        foreach (var remote in listed)
        {
            if (!pipelines.TryGetValue(remote.PipelineId, out var pipeline))
                pipelines[remote.PipelineId] = pipeline = Guid.CreateVersion7();
            var id = (rows.GetValueOrDefault((remote.PipelineId, remote.Id)) ?? rows.GetValueOrDefault(("", remote.Id)))?.StageId ?? Guid.CreateVersion7();
            rows[(remote.PipelineId, remote.Id)] = new(
                remote.PipelineId, remote.Id, pipeline, id, remote.Pipeline, remote.Label, remote.Position,
                remote.Probability is { } probability ? decimal.Round(probability, ProbabilityScale) : null, remote.Status, remote.IsArchived);
        }

        AddPlaceholders(rows, pipelines);
        // A listed stage comes before the placeholder of the same external id: the first one counts.
        return [.. rows.Values.OrderBy(stage => stage.IsArchived).ThenBy(stage => stage.PipelineExternalId.Length == 0).ThenBy(stage => stage.Position)];
    }

    // Of a stage that is asked for, the pipeline is not known; a pipeline without stages is a row without a stage's id.
    private void AddPlaceholders(Dictionary<(string Pipeline, string Stage), Stage> rows, Dictionary<string, Guid> pipelines)
    {
        foreach (var missing in known.MissingPipelines.Where(id => !pipelines.ContainsKey(id)))
            rows[(missing, "")] = Placeholder(missing, "", pipelines[missing] = Guid.CreateVersion7());
        var listed = rows.Keys.Select(key => key.Stage).ToHashSet();
        foreach (var missing in known.MissingStages.Where(id => !listed.Contains(id)))
        {
            if (!pipelines.TryGetValue("", out var pipeline))
                pipelines[""] = pipeline = Guid.CreateVersion7();
            rows[("", missing)] = Placeholder("", missing, pipeline);
        }
    }

    private static Stage Placeholder(string pipeline, string stage, Guid pipelineId) =>
        new(pipeline, stage, pipelineId, Guid.CreateVersion7(), pipeline, stage, 0, null, "open", IsArchived: true);
}
