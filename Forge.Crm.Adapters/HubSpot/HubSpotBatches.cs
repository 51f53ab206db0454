using System.Net;
using System.Text.Json;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.HubSpot;

/// <param name="Record">As the write's answer shows it: not whole.</param>
internal readonly record struct HubSpotOutcome(HubSpotRecord? Record, WriteAnswer? Refusal);

/// <summary>
/// Sends a batch of writes and finds out what became of each input. HubSpot answers each by itself where the inputs carry trace ids; where it refuses the
/// batch as a whole, or does not say which input an error is about, the inputs are sent again in halves. So n inputs cost one call, and
/// never more than 2n.
/// </summary>
internal sealed class HubSpotBatches(IReadOnlyList<HubSpotWriteInput> inputs, Func<HubSpotWriteBatch, Task<HubSpotWritten>> send)
{
    private readonly HubSpotOutcome?[] _outcomes = new HubSpotOutcome?[inputs.Count];

    /// <param name="inputs">Their trace ids are their places.</param>
    /// <returns>In the order of the inputs.</returns>
    public static async Task<IReadOnlyList<HubSpotOutcome>> RunAsync(
        IReadOnlyList<HubSpotWriteInput> inputs, Func<HubSpotWriteBatch, Task<HubSpotWritten>> send)
    {
        var batches = new HubSpotBatches(inputs, send);
        if (inputs.Count > 0)
            await batches.SendAsync([.. Enumerable.Range(0, inputs.Count)]);
        return [.. batches._outcomes.Select(outcome => outcome!.Value)];
    }

    private async Task SendAsync(int[] part)
    {
        HubSpotWritten answer;
        try
        {
            answer = await send(new([.. part.Select(i => inputs[i])]));
        }
        catch (CrmCallException e) when (HubSpotRefusals.IsRefusal(e))
        {
            // A permission is the account's: no half of the batch has it.
            if (part.Length == 1 || e.Status == HttpStatusCode.Forbidden)
                Refuse(part, HubSpotRefusals.Of(e));
            else
                await HalvesAsync(part);
            return;
        }

        await TakeAsync(part, answer);
    }

    private async Task TakeAsync(int[] part, HubSpotWritten answer)
    {
        foreach (var record in answer.Results ?? throw HubSpotCaller.Unreadable("results"))
        {
            if (PlaceOf(part, record.ObjectWriteTraceId, record) is { } place)
                _outcomes[place] = new(record, null);
        }

        foreach (var error in answer.Errors ?? [])
            Refuse(PlacesOf(part, error), HubSpotRefusals.Of(error));
        int[] open = [.. part.Where(i => _outcomes[i] is null)];
        if (open.Length == 0)
            return;
        if (answer.Errors is not { Count: > 0 } errors)
            throw HubSpotCaller.Unreadable("result of an input");
        if (open.Length == 1)
            Refuse(open, HubSpotRefusals.Of(errors[^1]));
        else
            await HalvesAsync(open);
    }

    private async Task HalvesAsync(int[] part)
    {
        await SendAsync(part[..(part.Length / 2)]);
        await SendAsync(part[(part.Length / 2)..]);
    }

    private void Refuse(IEnumerable<int> places, WriteAnswer refusal)
    {
        foreach (var place in places.Where(place => _outcomes[place] is null))
            _outcomes[place] = new(null, refusal);
    }

    // HubSpot documents trace ids for creations only; a result is recognised without them, too.
    private int? PlaceOf(int[] part, string? traceId, HubSpotRecord record) => part.Select(i => (int?)i).FirstOrDefault(i =>
        traceId is not null ? inputs[i!.Value].ObjectWriteTraceId == traceId : IsOf(inputs[i!.Value], record));

    private static bool IsOf(HubSpotWriteInput input, HubSpotRecord record) => input.Id is not null
        ? input.Id == record.Id
        : input.Properties.GetValueOrDefault(HubSpotObjects.SyncId) == record.Properties?.GetValueOrDefault(HubSpotObjects.SyncId);

    private IEnumerable<int> PlacesOf(int[] part, JsonElement error)
    {
        var context = error.ValueKind == JsonValueKind.Object && error.TryGetProperty("context", out var found) ? found : default;
        var (traceIds, ids) = (ErrorBody.Texts(context, "objectWriteTraceId").ToHashSet(), ErrorBody.Texts(context, "ids").ToHashSet());
        return part.Where(i => traceIds.Contains(inputs[i].ObjectWriteTraceId) || (inputs[i].Id is { } id && ids.Contains(id)));
    }
}
