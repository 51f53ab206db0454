using System.Diagnostics.CodeAnalysis;
using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>
/// Rings of concurrent deliveries, gathered: one send is under way at a time, and whatever is rung meanwhile goes with the next one, a
/// message a lane. Under load that makes a handful of sends a second of thousands of deliveries; alone, a ring goes at once.
/// </summary>
internal sealed class SharedRings(ServiceBusSender sender, ILogger logger)
{
    // 32 messages under 4 KB are far below the 256 KB that one send may carry.
    private const int MaxLanes = 32;

    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private Round _next = new();
    private bool _isSending;
    private Task _rounds = Task.CompletedTask;

    public ServiceBusSender Sender { get; } = sender;

    public Task<bool> RingAsync(Lane lane, IReadOnlyList<long> eventIds)
    {
        Round joined;
        bool starts;
        lock (_gate)
        {
            joined = _next;
            joined.Add(lane, eventIds);
            starts = !_isSending;
            _isSending = true;
        }
        if (starts)
            _rounds = SendRoundsAsync();
        return joined.Sent.Task;
    }

    /// <summary>Lets what was rung go out, but does not wait long for it.</summary>
    public async Task FinishAsync() => await _rounds.WaitAsync(LastMoment).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public static ServiceBusMessage Message(Lane lane, IEnumerable<long> eventIds) => new(BusMessages.Write(LaneRing.For(lane, eventIds)))
    {
        MessageId = Rings.NewId(),
        SessionId = lane.SessionId,
        ContentType = "application/json",
        Subject = "ring",
    };

    private async Task SendRoundsAsync()
    {
        while (TakeRound() is { } round)
            round.Sent.SetResult(await SendAsync(round));
    }

    private Round? TakeRound()
    {
        lock (_gate)
        {
            _isSending = _next.Lanes.Count > 0;
            if (!_isSending)
                return null;
            var taken = _next;
            _next = new();
            return taken;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a send throws, the rings that wait must hear of it; the relay rings later.")]
    private async Task<bool> SendAsync(Round round)
    {
        try
        {
            foreach (var lanes in round.Lanes.Chunk(MaxLanes))
                await Sender.SendMessagesAsync(lanes.Select(lane => Message(lane.Key, lane.Value)));
            return true;
        }
        catch (Exception e)
        {
            Rings.NotSent(logger, e, Sender.EntityPath);
            return false;
        }
    }

    private sealed class Round
    {
        public Dictionary<Lane, HashSet<long>> Lanes { get; } = [];

        public TaskCompletionSource<bool> Sent { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Add(Lane lane, IReadOnlyList<long> eventIds)
        {
            if (!Lanes.TryGetValue(lane, out var ids))
                Lanes[lane] = ids = [];
            foreach (var id in eventIds.Take(LaneRing.MaxEvents - ids.Count))
                ids.Add(id);
        }
    }
}
