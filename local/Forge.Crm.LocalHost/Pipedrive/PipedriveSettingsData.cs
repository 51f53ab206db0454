namespace Forge.Crm.LocalHost.Pipedrive;

internal sealed record PipedriveUser(long Id, string Name, string Email, bool IsActive = true);

internal sealed record PipedrivePipeline(long Id, string Name, bool HasProbability = true);

/// <param name="Probability">Per cent.</param>
internal sealed record PipedriveStage(long Id, string Name, long PipelineId, int Order, int Probability);

internal sealed record PipedriveActivityType(long Id, string Key, string Name, bool IsCustom = false, bool IsActive = true);
