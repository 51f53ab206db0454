using System.Collections.Immutable;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Reads records whole: by id, or by the value of a unique property.</summary>
/// <param name="propertiesOf">The properties to ask for.</param>
internal sealed class HubSpotReader(HubSpotCaller caller, HubSpotPaths paths, Func<RemoteKind, ImmutableArray<string>> propertiesOf, TimeProvider time)
{
    public const int Limit = 100;

    public ImmutableArray<string> PropertiesOf(RemoteKind kind) => propertiesOf(kind);

    /// <summary>HubSpot answers more with 400 where history is asked for.</summary>
    private const int HistoryLimit = 50;

    /// <param name="by">The unique property whose values <paramref name="ids"/> are; null where they are ids.</param>
    public async Task<IReadOnlyList<RemoteSnapshot>> ReadAsync(
        RemoteKind kind, IEnumerable<string> ids, bool withHistory, CancellationToken ct, string? by = null)
    {
        var properties = PropertiesOf(kind);
        var snapshots = new List<RemoteSnapshot>();
        foreach (var chunk in ids.Distinct().Chunk(withHistory ? HistoryLimit : Limit))
        {
            var readAt = time.GetUtcNow();
            var input = new HubSpotReadInput(properties, withHistory ? properties : null, [.. chunk.Select(id => new HubSpotId(id))], by);
            var records = await caller.CallAsync(
                HubSpotCaller.Burst, (api, token, call) => api.ReadAsync(paths.Records(kind), input, token, call, ct), ct);
            snapshots.AddRange((records.Results ?? throw HubSpotCaller.Unreadable("results", paths.Records(kind)))
                .Select(record => HubSpotSnapshots.Of(kind, record, readAt, [])));
        }

        // An id that was merged into another may be answered with the survivor, who may have been asked for, too.
        return [.. snapshots.DistinctBy(snapshot => snapshot.Ref)];
    }
}
