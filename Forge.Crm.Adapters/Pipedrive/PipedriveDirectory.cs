using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>What an account has beside its records: its own description, users, pipelines and their stages, types of activity.</summary>
internal sealed class PipedriveDirectory(PipedriveCaller caller)
{
    private const int PageSize = 500;

    /// <summary>The zone and the currency are those of the user whose token it is: the company has none of its own.</summary>
    public async Task<RemoteAccount> DescribeAsync(CancellationToken ct)
    {
        var me = (await caller.CallAsync((api, access, call) => api.MeAsync(access, call, ct), ct)).Data ?? throw PipedriveCaller.Unreadable("data", "users/me");
        return new(Text(me.CompanyId ?? throw PipedriveCaller.Unreadable("company_id", "users/me")), me.TimeZone, me.Currency);
    }

    /// <summary>The deactivated ones too: records of people who left still name them.</summary>
    public async Task<IReadOnlyList<RemoteOwner>> ReadOwnersAsync(CancellationToken ct)
    {
        var users = await caller.CallAsync((api, access, call) => api.UsersAsync(access, call, ct), ct);
        return [.. (users.Data ?? throw PipedriveCaller.Unreadable("data", "users"))
            .Select(user => new RemoteOwner(Text(user.Id ?? throw PipedriveCaller.Unreadable("user id", "users")), user.Email, user.Name, user.IsActive == true))];
    }

    public async Task<IReadOnlyList<RemoteStage>> ReadStagesAsync(CancellationToken ct)
    {
        var pipelines = await AllAsync(
            cursor => caller.CallAsync((api, access, call) => api.PipelinesAsync(PageSize, cursor, access, call, ct), ct),
            page => (page.Data, page.AdditionalData));
        var byId = pipelines.Where(pipeline => pipeline.Id is not null).ToDictionary(pipeline => pipeline.Id!.Value);
        var stages = await AllAsync(
            cursor => caller.CallAsync((api, access, call) => api.StagesAsync(PageSize, cursor, access, call, ct), ct),
            page => (page.Data, page.AdditionalData));
        return [.. stages.Select(stage => Stage(stage, byId))];
    }

    /// <summary>The keys of those that are in use, in their order.</summary>
    public async Task<ImmutableArray<string>> ReadActivityTypesAsync(CancellationToken ct)
    {
        var types = await caller.CallAsync((api, access, call) => api.ActivityTypesAsync(access, call, ct), ct);
        return [.. (types.Data ?? throw PipedriveCaller.Unreadable("data", "activityTypes")).Where(type => PipedriveValues.TextOf(type, "active_flag") != "false")
            .Select(type => PipedriveValues.TextOf(type, "key_string")).OfType<string>()];
    }

    // Won and lost are a deal's own status, never its stage: every stage is an open one.
    private static RemoteStage Stage(PipedriveStage stage, Dictionary<long, PipedrivePipeline> pipelines)
    {
        var pipelineId = stage.PipelineId ?? throw PipedriveCaller.Unreadable("pipeline_id", "stages");
        var pipeline = pipelines.GetValueOrDefault(pipelineId);
        var id = Text(stage.Id ?? throw PipedriveCaller.Unreadable("stage id", "stages"));
        return new(
            Text(pipelineId), pipeline?.Name ?? Text(pipelineId), id, stage.Name ?? id, stage.Order ?? 0,
            pipeline?.HasProbability == false ? null : stage.Probability / 100m, "open", stage.IsDeleted == true || pipeline?.IsDeleted == true);
    }

    private static async Task<List<T>> AllAsync<TPage, T>(Func<string?, Task<TPage>> read, Func<TPage, (List<T>? Data, PipedrivePaging? Paging)> parts)
    {
        var all = new List<T>();
        string? cursor = null;
        do
        {
            var (data, paging) = parts(await read(cursor));
            all.AddRange(data ?? throw PipedriveCaller.Unreadable("data", "pipelines or stages"));
            cursor = paging?.NextCursor;
        }
        while (!string.IsNullOrEmpty(cursor));
        return all;
    }

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
