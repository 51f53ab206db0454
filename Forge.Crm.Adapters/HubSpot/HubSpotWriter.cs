using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Writes records, a batch a call. HubSpot answers with the written properties alone, so that what was written is read again, whole.</summary>
internal sealed class HubSpotWriter(HubSpotCaller caller, HubSpotPaths paths, HubSpotReader reader, HubSpotSetup setup, TimeProvider time)
{
    /// <summary>Of all batch writes.</summary>
    public const int Limit = 100;

    private readonly HubSpotWrittenReader _written = new(caller, paths, reader);

    private delegate Task<HubSpotWritten> Send(HubSpotWriteBatch batch);

    public Task<IReadOnlyList<WriteAnswer>> WriteAsync(RemoteKind kind, IReadOnlyList<RecordUpdate> updates, CancellationToken ct) => RunAsync(
        kind,
        [.. updates.Select((update, i) => new HubSpotWriteInput(update.Id, Texts(HubSpotActivities.Complete(kind, update.Properties, isNew: false)), $"{i}"))],
        batch => caller.CallAsync(HubSpotCaller.Burst, (api, token, call) => api.UpdateAsync(paths.Records(kind), batch, token, call, ct), ct),
        ct);

    /// <summary>Not sent again where no answer came: the records may be there, and would be refused as their own duplicates.</summary>
    public async Task<IReadOnlyList<WriteAnswer>> CreateAsync(RemoteKind kind, IReadOnlyList<RecordCreation> creations, CancellationToken ct)
    {
        await setup.EnsureAsync(kind, ct);
        var answers = await RunAsync(
            kind,
            [.. creations.Select((creation, i) => new HubSpotWriteInput(
                null, Texts(kind, creation), $"{i}", [.. HubSpotLinker.Of(kind, creation.Links).Select(pair => pair.Association)]))],
            batch => caller.CallAsync(
                HubSpotCaller.Burst, (api, token, call) => api.CreateAsync(paths.Records(kind), batch, token, call, ct), ct, isRepeatable: false),
            ct);
        return [.. creations.Zip(answers, (creation, answer) => answer.Record is { } made ? answer with { Record = made with { Associations = Linked(made.Ref, creation) } } : answer)];
    }

    // A creation whose associations HubSpot cannot make is refused as a whole.
    private static ImmutableArray<RemoteAssociations> Linked(RemoteRef made, RecordCreation creation) =>
    [
        .. HubSpotLinker.Of(made.Kind, creation.Links).GroupBy(pair => pair.Link.ToKind)
            .Select(kind => new RemoteAssociations(made, kind.Key, [.. kind.Select(pair => new RemoteAssociation(pair.Link.ToId, pair.Link.IsPrimary))])),
    ];

    /// <summary>The batch call says nothing of ids that lead nowhere, so they are asked for before.</summary>
    public async Task<IReadOnlyList<WriteAnswer>> DeleteAsync(RemoteKind kind, IReadOnlyList<string> ids, CancellationToken ct)
    {
        var live = (await reader.ReadAsync(kind, ids, withHistory: false, ct)).Select(snapshot => snapshot.Ref.Id).ToHashSet();
        live.IntersectWith(ids);
        if (live.Count > 0)
        {
            var archived = new HubSpotIds([.. live.Select(id => new HubSpotId(id))]);
            await caller.RunAsync((api, token, call) => api.ArchiveAsync(paths.Records(kind), archived, token, call, ct), ct);
        }

        return [.. ids.Select(id => live.Contains(id) ? WriteAnswer.Deleted : WriteAnswer.Absent)];
    }

    /// <summary>Contacts alone can be deleted for good; a call each.</summary>
    public async Task<IReadOnlyList<WriteAnswer>> EraseAsync(RemoteKind kind, IReadOnlyList<string> ids, CancellationToken ct)
    {
        if (kind != RemoteKind.Contact)
            return await DeleteAsync(kind, ids, ct);
        var answers = new List<WriteAnswer>(ids.Count);
        foreach (var id in ids)
            answers.Add(await EraseAsync(kind, id, ct));
        return answers;
    }

    private async Task<WriteAnswer> EraseAsync(RemoteKind kind, string id, CancellationToken ct)
    {
        try
        {
            await caller.RunAsync((api, token, call) => api.EraseAsync(paths.Records(kind), new(id), token, call, ct), ct);
            return WriteAnswer.Deleted;
        }
        catch (CrmCallException e) when (HubSpotRefusals.IsRefusal(e))
        {
            return HubSpotRefusals.Of(e);
        }
    }

    public async Task<WriteAnswer> MergeAsync(RemoteKind kind, string survivor, string loser, CancellationToken ct)
    {
        if (!HubSpotObjects.CanMerge(kind))
            return WriteAnswer.Refused($"HubSpot does not merge {HubSpotObjects.NameOf(kind)}");
        try
        {
            var startedAt = time.GetUtcNow();
            var merged = await caller.CallAsync(
                HubSpotCaller.Burst, (api, token, call) => api.MergeAsync(paths.Records(kind), new(survivor, loser), token, call, ct), ct, isRepeatable: false);
            return (await _written.ReadAsync(kind, [merged], [], startedAt, ct))[0];
        }
        catch (CrmCallException e) when (HubSpotRefusals.IsRefusal(e))
        {
            return HubSpotRefusals.Of(e);
        }
    }

    private async Task<IReadOnlyList<WriteAnswer>> RunAsync(RemoteKind kind, IReadOnlyList<HubSpotWriteInput> inputs, Send send, CancellationToken ct)
    {
        var startedAt = time.GetUtcNow();
        var batches = new HubSpotBatches<HubSpotWriteInput, HubSpotRecord>(paths.Records(kind), inputs, async part => await send(new(part)), IsOf, IsAbout);
        var outcomes = await batches.RunAsync();
        var done = Enumerable.Range(0, inputs.Count).Where(i => outcomes[i].Result is not null).ToList();
        var shown = await _written.ReadAsync(
            kind, done.ConvertAll(i => outcomes[i].Result!), done.ConvertAll(i => inputs[i].Properties.Keys), startedAt, ct);
        var answers = outcomes.Select(outcome => outcome.Refusal).ToArray();
        for (var i = 0; i < done.Count; i++)
            answers[done[i]] = shown[i];
        return answers!;
    }

    // HubSpot documents trace ids for creations only; a result is recognised without them, too.
    private static bool IsOf(HubSpotWriteInput input, HubSpotRecord record) =>
        record.ObjectWriteTraceId is { } traceId ? input.ObjectWriteTraceId == traceId
        : input.Id is not null ? input.Id == record.Id
        : input.Properties.GetValueOrDefault(HubSpotObjects.SyncId) == record.Properties?.GetValueOrDefault(HubSpotObjects.SyncId);

    private static bool IsAbout(HubSpotWriteInput input, JsonElement context) =>
        ErrorBody.Texts(context, "objectWriteTraceId").Contains(input.ObjectWriteTraceId)
        || (input.Id is not null && ErrorBody.Texts(context, "ids").Contains(input.Id));

    private static Dictionary<string, string> Texts(RemoteKind kind, RecordCreation creation) =>
        new(Texts(HubSpotActivities.Complete(kind, creation.Properties, isNew: true))) { [HubSpotObjects.SyncId] = creation.SyncId.ToString() };

    // An empty text clears.
    private static Dictionary<string, string> Texts(IEnumerable<KeyValuePair<string, string?>> properties) =>
        properties.ToDictionary(property => property.Key, property => property.Value ?? "");
}
