using System.Globalization;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>What an account has beside its records: its own description, owners, deal pipelines.</summary>
internal sealed class HubSpotDirectory(HubSpotCaller caller, HubSpotPaths paths)
{
    private const int PageSize = 100;

    public async Task<RemoteAccount> DescribeAsync(CancellationToken ct)
    {
        var details = await caller.CallAsync(
            HubSpotCaller.Burst, (api, token, call) => api.DetailsAsync(HubSpotPaths.AccountDetails, token, call, ct), ct);
        if (details.TimeZone is { } zone)
            await caller.LearnZoneAsync(zone, ct);
        return new(details.PortalId ?? throw HubSpotCaller.Unreadable("portalId", HubSpotPaths.AccountDetails), details.TimeZone, details.CompanyCurrency);
    }

    /// <summary>The archived ones too: records of people who left still name them.</summary>
    public async Task<IReadOnlyList<RemoteOwner>> ReadOwnersAsync(CancellationToken ct)
    {
        var owners = new List<RemoteOwner>();
        foreach (var archived in new[] { false, true })
        {
            string? after = null;
            do
            {
                var from = after;
                var page = await caller.CallAsync(
                    HubSpotCaller.Burst, (api, token, call) => api.OwnersAsync(paths.Owners, PageSize, from, archived ? "true" : "false", token, call, ct), ct);
                owners.AddRange((page.Results ?? throw HubSpotCaller.Unreadable("results", paths.Owners)).Select(owner => Owner(owner, !archived)));
                after = page.Paging?.Next?.After;
            }
            while (after is not null);
        }

        return owners;
    }

    public async Task<IReadOnlyList<RemoteStage>> ReadStagesAsync(CancellationToken ct)
    {
        var pipelines = await caller.CallAsync(
            HubSpotCaller.Burst, (api, token, call) => api.DealPipelinesAsync(paths.Pipelines, token, call, ct), ct);
        return [.. (pipelines.Results ?? throw HubSpotCaller.Unreadable("results", paths.Pipelines))
            .SelectMany(pipeline => (pipeline.Stages ?? []).Select(stage => Stage(pipeline, stage)))];
    }

    private static RemoteOwner Owner(HubSpotOwner owner, bool isActive)
    {
        var name = string.Join(' ', new[] { owner.FirstName, owner.LastName }.Where(part => !string.IsNullOrWhiteSpace(part)));
        return new(owner.Id ?? throw HubSpotCaller.Unreadable("owner id", "owners"), owner.Email, name.Length == 0 ? null : name, isActive && owner.Archived != true);
    }

    private static RemoteStage Stage(HubSpotPipeline pipeline, HubSpotStage stage)
    {
        var probability = decimal.TryParse(stage.Metadata?.GetValueOrDefault("probability"), NumberStyles.Float, CultureInfo.InvariantCulture, out var known)
            ? known
            : (decimal?)null;
        return new(
            pipeline.Id ?? throw HubSpotCaller.Unreadable("pipeline id", "pipelines"), pipeline.Label ?? pipeline.Id, stage.Id ?? throw HubSpotCaller.Unreadable("stage id", "pipelines"),
            stage.Label ?? stage.Id, stage.DisplayOrder ?? 0, probability, Status(stage, probability), pipeline.Archived == true || stage.Archived == true);
    }

    // Won and lost are told by a stage's metadata, whose values are texts: closed with probability 1 or 0.
    private static string Status(HubSpotStage stage, decimal? probability) =>
        (string.Equals(stage.Metadata?.GetValueOrDefault("isClosed"), "true", StringComparison.OrdinalIgnoreCase), probability) switch
        {
            (true, 1m) => "won",
            (true, 0m) => "lost",
            _ => "open",
        };
}
