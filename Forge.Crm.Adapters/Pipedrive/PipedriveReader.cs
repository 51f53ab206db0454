using System.Text.Json;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>Reads records by id, with their associations. A record that was deleted is among them and says so, as long as Pipedrive keeps it.</summary>
internal sealed class PipedriveReader(PipedriveCaller caller, PipedriveFirstVersion firstVersion, TimeProvider time)
{
    public const int Limit = 100;
    public const string ArchivedDeals = "deals/archived";

    public async Task<IReadOnlyList<RemoteSnapshot>> ReadAsync(RemoteKind kind, IEnumerable<string> ids, CancellationToken ct)
    {
        if (PipedriveObjects.IsOfFirstVersion(kind))
            return await firstVersion.ReadAsync(kind, ids.Distinct(), ct);
        var snapshots = new List<RemoteSnapshot>();
        foreach (var chunk in ids.Distinct().Chunk(Limit))
        {
            var shown = await ByIdAsync(kind, PipedriveObjects.PathOf(kind), chunk, ct);
            snapshots.AddRange(shown);
            string[] missing = [.. chunk.Except(shown.Select(snapshot => snapshot.Ref.Id))];
            if (missing.Length > 0)
                snapshots.AddRange(await HiddenAsync(kind, missing, ct));
        }

        return snapshots;
    }

    /// <summary>The newest notes, of which only version 1 of the API has a list.</summary>
    public Task<IReadOnlyList<RemoteSnapshot>> NewestNotesAsync(CancellationToken ct) => firstVersion.NewestAsync(RemoteKind.Note, ct);

    /// <summary>
    /// What lists by id leave out: archived deals, which have a list of their own, and deleted records of the other kinds, which are shown
    /// only one by one. An id that is not there either is left out.
    /// </summary>
    private async Task<List<RemoteSnapshot>> HiddenAsync(RemoteKind kind, string[] ids, CancellationToken ct)
    {
        if (kind == RemoteKind.Deal)
            return await ByIdAsync(kind, ArchivedDeals, ids, ct);
        var snapshots = new List<RemoteSnapshot>();
        foreach (var id in ids)
        {
            var readAt = time.GetUtcNow();
            var one = await caller.FindAsync((api, access, call) => api.ReadAsync(PipedriveObjects.PathOf(kind), id, null, access, call, ct), ct);
            if (one?.Data is { ValueKind: JsonValueKind.Object } record)
                snapshots.Add(PipedriveSnapshots.Of(kind, record, readAt));
        }

        return snapshots;
    }

    private async Task<List<RemoteSnapshot>> ByIdAsync(RemoteKind kind, string path, string[] ids, CancellationToken ct)
    {
        var readAt = time.GetUtcNow();
        var page = await caller.CallAsync(
            (api, access, call) => api.ListAsync(
                path, Limit, null, string.Join(',', ids), path == "deals" ? PipedriveObjects.AnyStatus : null, null, null, null,
                PipedriveObjects.IncludedFieldsOf(kind), access, call, ct),
            ct);
        return [.. (page.Data ?? throw PipedriveCaller.Unreadable("data", path)).Select(record => PipedriveSnapshots.Of(kind, record, readAt))];
    }
}
