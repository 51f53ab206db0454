using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>
/// Writes associations: fields of the record that they start from, so that all of a record's are one write, after a read that says what is there. Only
/// activities have several persons.
/// </summary>
internal sealed class PipedriveLinker(PipedriveCaller caller)
{
    public async Task<IReadOnlyList<WriteAnswer>> LinkAsync(RemoteKind from, IReadOnlyList<LinkChange> changes, CancellationToken ct)
    {
        var answers = new WriteAnswer[changes.Count];
        foreach (var record in Enumerable.Range(0, changes.Count).GroupBy(i => changes[i].FromId))
            await LinkAsync(from, record.Key, [.. record.OrderBy(i => changes[i].IsAdded)], changes, answers, ct);
        return answers;
    }

    /// <param name="places">Of the changes of this record, removals first: what they free may be wanted by an addition.</param>
    private async Task LinkAsync(RemoteKind from, string id, int[] places, IReadOnlyList<LinkChange> changes, WriteAnswer[] answers, CancellationToken ct)
    {
        try
        {
            var one = await caller.CallAsync((api, access, call) => PipedriveObjects.IsOfFirstVersion(from)
                ? api.ReadFirstAsync(PipedriveObjects.PathOf(from), id, access, call, ct)
                : api.ReadAsync(PipedriveObjects.PathOf(from), id, null, access, call, ct), ct);
            if (one.Data is not { ValueKind: JsonValueKind.Object } record)
                throw PipedriveCaller.Unreadable("data", PipedriveObjects.PathOf(from));
            var links = new PipedriveLinks(from, record);
            foreach (var place in places)
                answers[place] = PipedriveSnapshots.IsDeleted(record) ? WriteAnswer.Absent : links.Take(await AsOfNowAsync(links, changes[place], ct));
            if (links.Body.Count > 0)
                await WriteAsync(from, id, links.Body, ct);
        }
        catch (Exception e) when (PipedriveRefusals.Of(e) is { } refusal)
        {
            if (places.Length == 1)
            {
                answers[places[0]] = refusal;
                return;
            }

            // One of them leads nowhere: it must not keep the others from being written.
            foreach (var place in places)
                await LinkAsync(from, id, [place], changes, answers, ct);
        }
    }

    // Records may go on pointing at what was deleted (Pipedrive does not say): its place is free all the same.
    private async Task<LinkChange> AsOfNowAsync(PipedriveLinks links, LinkChange change, CancellationToken ct)
    {
        if (links.HolderBefore(change) is not { } holder)
            return change;
        var one = await caller.FindAsync((api, access, call) => api.ReadAsync(PipedriveObjects.PathOf(change.ToKind), holder, null, access, call, ct), ct);
        return one?.Data is { ValueKind: JsonValueKind.Object } record && PipedriveSnapshots.IsDeleted(record) ? change with { IsPrimary = true } : change;
    }

    private Task<PipedriveOne> WriteAsync(RemoteKind from, string id, JsonObject body, CancellationToken ct) => caller.CallAsync(
        (api, access, call) => from switch
        {
            RemoteKind.Lead => api.UpdateLeadAsync(id, body, access, PipedriveWriter.Naming(call, body), ct),
            RemoteKind.Note => api.UpdateNoteAsync(id, body, access, PipedriveWriter.Naming(call, body), ct),
            _ => api.UpdateAsync(PipedriveObjects.PathOf(from), id, body, access, PipedriveWriter.Naming(call, body), ct),
        },
        ct);
}
