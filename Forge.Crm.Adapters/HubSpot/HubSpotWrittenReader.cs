using System.Net;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>
/// Shows written records whole: a read of all of them, and over it what the write's own answer said. So an edit that came between the two is not taken
/// for what HubSpot made of our values: it is still ahead.
/// </summary>
internal sealed class HubSpotWrittenReader(HubSpotCaller caller, HubSpotPaths paths, HubSpotReader reader)
{
    /// <param name="answers">The records as the writes' answers show them.</param>
    /// <param name="names">By answer: the properties that were written; empty where the answer is no more than a read.</param>
    /// <param name="startedAt">When the write was sent.</param>
    public async Task<IReadOnlyList<WriteAnswer>> ReadAsync(
        RemoteKind kind, IReadOnlyList<HubSpotRecord> answers, IReadOnlyList<IEnumerable<string>> names, DateTimeOffset startedAt, CancellationToken ct)
    {
        if (answers.Count == 0)
            return [];
        var ids = answers.Select(answer => answer.Id ?? throw HubSpotCaller.Unreadable("record id", paths.Records(kind)));
        var read = (await reader.ReadAsync(kind, ids, withHistory: false, ct)).ToDictionary(snapshot => snapshot.Ref.Id);
        var shown = new List<WriteAnswer>(answers.Count);
        for (var i = 0; i < answers.Count; i++)
        {
            var version = HubSpotSnapshots.ModifiedAt(kind, answers[i]);
            var whole = read.GetValueOrDefault(answers[i].Id!) is { } known && known.UpdatedAt >= version ? known : await OneAsync(kind, answers[i].Id!, startedAt, ct);
            shown.Add(whole is null ? WriteAnswer.Absent : WriteAnswer.Done(Over(whole, answers[i], i < names.Count ? names[i] : [], version, startedAt)));
        }

        return shown;
    }

    /// <summary>What a batch read shows may be behind; a read of one record is asked where it is.</summary>
    /// <returns>Null where it was deleted meanwhile.</returns>
    private async Task<RemoteSnapshot?> OneAsync(RemoteKind kind, string id, DateTimeOffset readAt, CancellationToken ct)
    {
        try
        {
            var record = await caller.CallAsync(
                HubSpotCaller.Burst,
                (api, token, call) => api.RecordAsync(paths.Records(kind), id, string.Join(',', reader.PropertiesOf(kind)), token, call, ct),
                ct);
            return HubSpotSnapshots.Of(kind, record, readAt, []);
        }
        catch (CrmCallException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private static RemoteSnapshot Over(RemoteSnapshot whole, HubSpotRecord answer, IEnumerable<string> names, DateTimeOffset version, DateTimeOffset startedAt)
    {
        var properties = new Dictionary<string, string?>(whole.Properties);
        foreach (var name in names)
        {
            if (answer.Properties!.TryGetValue(name, out var value))
                properties[name] = value;
        }

        return whole with { Properties = properties, UpdatedAt = version, ReadAt = startedAt, IsAhead = whole.UpdatedAt > version };
    }
}
