using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Reads associations: those that a list carries, and by themselves where it does not carry all of them.</summary>
internal sealed class HubSpotAssociationReader(HubSpotCaller caller, HubSpotPaths paths)
{
    private const int Limit = 1_000;

    public async Task<IReadOnlyList<RemoteAssociations>> ReadAsync(
        RemoteKind from, IReadOnlyCollection<string> ids, RemoteKind to, CancellationToken ct)
    {
        var found = ids.Distinct().ToDictionary(id => id, _ => new Dictionary<string, bool>());
        var inputs = new Queue<HubSpotId>(found.Keys.Select(id => new HubSpotId(id)));
        while (inputs.Count > 0)
        {
            var input = new HubSpotAssociationInput([.. Take(inputs)]);
            var records = await caller.CallAsync(
                HubSpotCaller.Burst, (api, token, call) => api.ReadAssociationsAsync(paths.AssociationsOf(from, to), input, token, call, ct), ct);
            foreach (var row in records.Results ?? throw HubSpotCaller.Unreadable("results", paths.AssociationsOf(from, to)))
            {
                var id = row.From?.Id ?? throw HubSpotCaller.Unreadable("from id", paths.AssociationsOf(from, to));
                // Not asked for: the survivor in the place of an id that was merged into it.
                if (!found.TryGetValue(id, out var targets))
                    continue;
                Add(targets, row.To ?? []);
                if (row.Paging?.Next?.After is { } after)
                    inputs.Enqueue(new(id, after));
            }
        }

        return [.. found.Select(row => new RemoteAssociations(
            new(from, row.Key), to, [.. row.Value.Select(target => new RemoteAssociation(target.Key, target.Value))]))];
    }

    /// <summary>By record of the list: its associations to each target.</summary>
    public async Task<ImmutableArray<RemoteAssociations>[]> OfListAsync(
        RemoteKind kind, List<HubSpotRecord> records, ImmutableArray<RemoteKind> targets, CancellationToken ct)
    {
        var byRecord = new RemoteAssociations[records.Count][];
        for (var i = 0; i < records.Count; i++)
            byRecord[i] = new RemoteAssociations[targets.Length];
        for (var t = 0; t < targets.Length; t++)
        {
            var cut = new Dictionary<string, int>();
            for (var i = 0; i < records.Count; i++)
            {
                byRecord[i][t] = HubSpotSnapshots.Associations(kind, records[i], targets[t], out var isCut);
                if (isCut)
                    cut.Add(records[i].Id!, i);
            }

            foreach (var whole in cut.Count == 0 ? [] : await ReadAsync(kind, cut.Keys, targets[t], ct))
                byRecord[cut[whole.From.Id]][t] = whole;
        }

        return [.. byRecord.Select(row => row.ToImmutableArray())];
    }

    private static void Add(Dictionary<string, bool> targets, List<HubSpotAssociation> shown)
    {
        foreach (var association in shown)
        {
            var id = association.ToObjectId ?? throw HubSpotCaller.Unreadable("toObjectId", "associations");
            var isPrimary = (association.AssociationTypes ?? [])
                .Any(type => type.Category is null or "HUBSPOT_DEFINED" && HubSpotObjects.IsPrimary(type.TypeId));
            targets[id] = isPrimary || targets.GetValueOrDefault(id);
        }
    }

    private static IEnumerable<HubSpotId> Take(Queue<HubSpotId> inputs)
    {
        for (var i = 0; i < Limit && inputs.TryDequeue(out var input); i++)
            yield return input;
    }
}
