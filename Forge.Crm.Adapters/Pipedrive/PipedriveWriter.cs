using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>Writes records. Pipedrive has no batches: each record is a call of its own, a few of them at once.</summary>
internal sealed class PipedriveWriter(
    PipedriveCaller caller, PipedriveFieldCatalog fields, PipedriveDirectory directory, PipedriveActivityTypes activityTypes, TimeProvider time)
{
    /// <summary>Small, since the answers of a batch are lost together with that of one of its calls.</summary>
    public const int Limit = 10;

    private const int AtOnce = 5;
    private const string Type = "type";

    public async Task<IReadOnlyList<WriteAnswer>> WriteAsync(RemoteKind kind, IReadOnlyList<RecordUpdate> updates, CancellationToken ct)
    {
        if (PipedriveObjects.TypeOf(kind) is not null && updates.Any(update => update.Properties.ContainsKey(Type)))
            await activityTypes.LoadAsync(directory, ct);
        return await EachAsync(updates, update => UpdateAsync(kind, update, ct));
    }

    public async Task<IReadOnlyList<WriteAnswer>> CreateAsync(RemoteKind kind, IReadOnlyList<RecordCreation> creations, CancellationToken ct)
    {
        var code = PipedriveFieldCatalog.HasFields(kind) && creations.Count > 0 ? await fields.SyncIdAsync(kind, ct) : null;
        if (PipedriveObjects.TypeOf(kind) is not null)
            await activityTypes.LoadAsync(directory, ct);
        return await EachAsync(creations, creation => CreateAsync(kind, creation, code, ct));
    }

    public Task<IReadOnlyList<WriteAnswer>> DeleteAsync(RemoteKind kind, IReadOnlyList<string> ids, CancellationToken ct) => EachAsync(ids, async id =>
    {
        await caller.CallAsync((api, access, call) => PipedriveObjects.IsOfFirstVersion(kind)
            ? api.DeleteFirstAsync(PipedriveObjects.PathOf(kind), id, access, call, ct)
            : api.DeleteAsync(PipedriveObjects.PathOf(kind), id, access, call, ct), ct);
        return WriteAnswer.Deleted;
    });

    /// <summary>The call of version 1, which has no successor. The record of its path is the one that goes.</summary>
    public Task<WriteAnswer> MergeAsync(RemoteKind kind, string survivor, string loser, CancellationToken ct) => !PipedriveFieldCatalog.HasFields(kind)
        ? Task.FromResult(WriteAnswer.Refused($"Pipedrive does not merge {PipedriveObjects.PathOf(kind)}"))
        : AttemptAsync(async () =>
        {
            var body = new JsonObject { ["merge_with_id"] = PipedriveBody.Id(survivor) };
            await caller.CallAsync(
                (api, access, call) => api.MergeAsync(PipedriveObjects.PathOf(kind), loser, body, access, call, ct), ct, isRepeatable: false);
            var startedAt = time.GetUtcNow();
            return await ShowAsync(kind, await CurrentAsync(kind, survivor, ct), startedAt, isWhole: true, ct);
        });

    private async Task<WriteAnswer> UpdateAsync(RemoteKind kind, RecordUpdate update, CancellationToken ct)
    {
        var types = await fields.TypesAsync(kind, update.Properties.Keys, ct);
        var current = PipedriveBody.NeedsCurrent(update.Properties, types) ? (await CurrentAsync(kind, update.Id, ct)).Data ?? default : default;
        var body = PipedriveBody.Update(update.Properties, current, types, await CurrencyAsync(types, update.Properties, ct));
        await TypeAsync(kind, body, ct);
        var startedAt = time.GetUtcNow();
        var answer = await caller.CallAsync((api, access, call) => (kind switch
        {
            RemoteKind.Lead => api.UpdateLeadAsync(update.Id, body, access, Naming(call, body), ct),
            RemoteKind.Note => api.UpdateNoteAsync(update.Id, body, access, Naming(call, body), ct),
            _ => api.UpdateAsync(PipedriveObjects.PathOf(kind), update.Id, body, access, Naming(call, body), ct),
        }), ct);
        return await ShowAsync(kind, answer, startedAt, isWhole: false, ct);
    }

    private async Task<WriteAnswer> CreateAsync(RemoteKind kind, RecordCreation creation, string? code, CancellationToken ct)
    {
        var types = await fields.TypesAsync(kind, creation.Properties.Keys, ct);
        var body = PipedriveBody.Creation(kind, creation.Properties, types, await CurrencyAsync(types, creation.Properties, ct));
        if (code is not null)
            ((JsonObject)(body["custom_fields"] ??= new JsonObject()))[code] = PipedriveSyncId.Text(creation.SyncId);
        await TypeAsync(kind, body, ct);
        AddLinks(body, kind, creation.Links);
        var startedAt = time.GetUtcNow();
        var answer = await caller.CallAsync((api, access, call) => PipedriveObjects.IsOfFirstVersion(kind)
            ? api.CreateFirstAsync(PipedriveObjects.PathOf(kind), body, access, Naming(call, body), ct)
            : api.CreateAsync(PipedriveObjects.PathOf(kind), body, access, Naming(call, body), ct), ct, isRepeatable: false);
        return await ShowAsync(kind, answer, startedAt, isWhole: false, ct);
    }

    private async ValueTask TypeAsync(RemoteKind kind, JsonObject body, CancellationToken ct)
    {
        if (PipedriveObjects.TypeOf(kind) is not null && body[Type] is { } type)
            body[Type] = await activityTypes.KeyAsync(directory, kind, type.GetValue<string>(), ct);
    }

    private static void AddLinks(JsonObject body, RemoteKind kind, IEnumerable<CreationLink> added)
    {
        var links = new PipedriveLinks(kind, default);
        foreach (var link in added.OrderByDescending(link => link.IsPrimary))
            links.Take(new("", link.ToKind, link.ToId, IsAdded: true, link.IsPrimary));
        foreach (var (member, value) in links.Body.ToList())
        {
            links.Body.Remove(member);
            body[member] = value;
        }
    }

    /// <summary>An answer shows the whole record, but for fields that have to be asked for.</summary>
    private async Task<WriteAnswer> ShowAsync(RemoteKind kind, PipedriveOne answer, DateTimeOffset startedAt, bool isWhole, CancellationToken ct)
    {
        var shown = Snapshot(kind, answer, startedAt);
        if (shown.ArchivedAt is not null)
            return WriteAnswer.Absent;
        if (isWhole || PipedriveObjects.IncludedFieldsOf(kind) is not { } included)
            return WriteAnswer.Done(shown);
        var whole = Snapshot(kind, await CurrentAsync(kind, shown.Ref.Id, ct), startedAt);
        var properties = new Dictionary<string, string?>(shown.Properties);
        foreach (var name in included.Split(','))
            properties[name] = whole.Properties.GetValueOrDefault(name);
        return WriteAnswer.Done(shown with { Properties = properties });
    }

    private Task<PipedriveOne> CurrentAsync(RemoteKind kind, string id, CancellationToken ct) => caller.CallAsync(
        (api, access, call) => PipedriveObjects.IsOfFirstVersion(kind)
            ? api.ReadFirstAsync(PipedriveObjects.PathOf(kind), id, access, call, ct)
            : api.ReadAsync(PipedriveObjects.PathOf(kind), id, PipedriveObjects.IncludedFieldsOf(kind), access, call, ct),
        ct);

    private static RemoteSnapshot Snapshot(RemoteKind kind, PipedriveOne answer, DateTimeOffset startedAt) =>
        answer.Data is { ValueKind: JsonValueKind.Object } record ? PipedriveSnapshots.Of(kind, record, startedAt) : throw PipedriveCaller.Unreadable("data", PipedriveObjects.PathOf(kind));

    /// <summary>For an amount of the tenant's own that has no currency yet.</summary>
    private async ValueTask<string?> CurrencyAsync(IReadOnlyDictionary<string, string> types, IReadOnlyDictionary<string, string?> properties, CancellationToken ct) =>
        properties.Keys.Any(name => types.GetValueOrDefault(name) == "monetary") ? (await directory.DescribeAsync(ct)).Currency : null;

    /// <summary>So that an error may name the members that are written.</summary>
    public static CrmCall Naming(CrmCall call, JsonObject body) => call with
    {
        Names = body.Select(member => member.Key).Concat((body["custom_fields"] as JsonObject ?? []).Select(field => field.Key)).ToFrozenSet(),
    };

    private static async Task<IReadOnlyList<WriteAnswer>> EachAsync<T>(IReadOnlyList<T> items, Func<T, Task<WriteAnswer>> write)
    {
        var answers = new List<WriteAnswer>(items.Count);
        foreach (var part in items.Chunk(AtOnce))
            answers.AddRange(await Task.WhenAll(part.Select(item => AttemptAsync(() => write(item)))));
        return answers;
    }

    private static async Task<WriteAnswer> AttemptAsync(Func<Task<WriteAnswer>> write)
    {
        try
        {
            return await write();
        }
        catch (Exception e) when (PipedriveRefusals.Of(e) is { } refusal)
        {
            return refusal;
        }
    }
}
