using Forge.Crm.Adapters.Sync;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>Placeholder until the bus lands in this branch: replace by the real one when merging.</summary>
internal sealed class Rings
{
    private readonly List<Lane> _rung = [];

    public Task<bool> RingAsync(Lane lane, IReadOnlyList<long> eventIds, CancellationToken ct)
    {
        _rung.Add(lane);
        return Task.FromResult(eventIds.Count >= 0);
    }

    public Task<bool> RingLaterAsync(Lane lane, DateTimeOffset at, CancellationToken ct) => RingAsync(lane, [], ct);
}
