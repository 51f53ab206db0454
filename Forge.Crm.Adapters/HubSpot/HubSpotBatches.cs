using System.Net;
using System.Text.Json;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>What became of one input: HubSpot's result, or why there is none.</summary>
internal readonly record struct HubSpotOutcome<TResult>(TResult? Result, WriteAnswer? Refusal)
    where TResult : class;

/// <summary>The answer to a batch: a result for each input that went well, in any order, and errors.</summary>
internal interface IHubSpotBatchAnswer<TResult>
{
    List<TResult>? Results { get; }

    List<JsonElement>? Errors { get; }
}

/// <summary>
/// Sends a batch of writes and finds out what became of each input. HubSpot answers each by itself where the inputs carry trace ids; where it refuses the
/// batch as a whole, or does not say which input an error is about, the inputs are sent again in halves. So n inputs cost one call, and
/// never more than 2n.
/// </summary>
/// <param name="isOf">Whether a result is that of an input.</param>
/// <param name="isAbout">Whether an error's context names an input.</param>
internal sealed class HubSpotBatches<TInput, TResult>(
    string path, IReadOnlyList<TInput> inputs, Func<IReadOnlyList<TInput>, Task<IHubSpotBatchAnswer<TResult>>> send, Func<TInput, TResult, bool> isOf,
    Func<TInput, JsonElement, bool> isAbout)
    where TResult : class
{
    private readonly HubSpotOutcome<TResult>?[] _outcomes = new HubSpotOutcome<TResult>?[inputs.Count];

    /// <returns>In the order of the inputs.</returns>
    public async Task<IReadOnlyList<HubSpotOutcome<TResult>>> RunAsync()
    {
        if (inputs.Count > 0)
            await SendAsync([.. Enumerable.Range(0, inputs.Count)]);
        return [.. _outcomes.Select(outcome => outcome!.Value)];
    }

    private async Task SendAsync(int[] part)
    {
        IHubSpotBatchAnswer<TResult> answer;
        try
        {
            answer = await send([.. part.Select(i => inputs[i])]);
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

    private async Task TakeAsync(int[] part, IHubSpotBatchAnswer<TResult> answer)
    {
        foreach (var result in answer.Results ?? throw HubSpotCaller.Unreadable("results", path))
        {
            foreach (var place in part.Where(i => isOf(inputs[i], result)))
                _outcomes[place] = new(result, null);
        }

        foreach (var error in answer.Errors ?? [])
        {
            var context = error.ValueKind == JsonValueKind.Object && error.TryGetProperty("context", out var found) ? found : default;
            Refuse(part.Where(i => isAbout(inputs[i], context)), HubSpotRefusals.Of(error));
        }

        int[] open = [.. part.Where(i => _outcomes[i] is null)];
        if (open.Length == 0)
            return;
        if (answer.Errors is not { Count: > 0 } errors)
            throw HubSpotCaller.Unreadable("result of an input", path);
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
}
