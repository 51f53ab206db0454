using System.Collections.Concurrent;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Timers;

/// <summary>
/// Rings for work that nobody came for: whose ring was lost, or failed, or whose next attempt is due. It looks at what is pending, never at
/// a position that it had reached: a transaction that commits late would be skipped.
/// </summary>
internal sealed class Relay(RelayQueries queries, Rings rings, CrmMetrics metrics, TimeProvider clock)
{
    // The ring that goes out after commit takes milliseconds; what is older was not rung for, or is behind a backlog.
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StepAge = TimeSpan.FromMinutes(1);

    // A lane that is being drained still has old events: it needs no further ring every few seconds.
    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, long> _rung = new();
    private long? _measured;

    public async Task RunAsync(CancellationToken ct)
    {
        Forget();
        await Task.WhenAll(
            RingLanesAsync(Queues.Changes, queries.WaitingLanesAsync(Age, ct), lane => rings.RingAsync(lane, [], ct)),
            RingLanesAsync(Queues.Pushes, queries.WaitingPushesAsync(Age, ct), lane => rings.PushAsync(lane, ct)),
            RingStepsAsync(ct),
            RingTenantsAsync(Queues.Notices, queries.WaitingNoticesAsync(Age, ct), tenant => rings.NoticesAsync(tenant, ct)),
            RingTenantsAsync(Queues.Rules, queries.WaitingRulesAsync(Age, ct), tenant => rings.RulesAsync(tenant, ct)), MeasureAsync(ct));
    }

    // It reads the whole outbox, so not every few seconds.
    private async Task MeasureAsync(CancellationToken ct)
    {
        if (_measured is { } last && clock.GetElapsedTime(last) < Spacing)
            return;
        foreach (var state in await queries.OutboxAsync(ct))
            metrics.Outbox(state);
        _measured = clock.GetTimestamp();
    }

    private async Task RingLanesAsync(string queue, Task<List<Lane>> waiting, Func<Lane, Task<bool>> ring)
    {
        string Name(Lane lane) => $"{queue}:{lane.SessionId}";
        var lanes = (await waiting).Where(lane => !_rung.ContainsKey(Name(lane)));
        var rung = await Task.WhenAll(lanes.Select(lane => RingAsync(Name(lane), () => ring(lane))));
        metrics.Relayed(queue, rung.Count(isSent => isSent));
    }

    private async Task RingStepsAsync(CancellationToken ct)
    {
        var steps = (await queries.IdleStepsAsync(StepAge, ct)).Where(step => !_rung.ContainsKey(Name(step)));
        var rung = await Task.WhenAll(
            steps.Select(step => RingAsync(Name(step), () => rings.StepAsync(step.Tenant, step.Platform, step.Job, step.Step, ct))));
        metrics.Relayed(Queues.SyncSteps, rung.Count(isSent => isSent));
    }

    private async Task RingTenantsAsync(string queue, Task<List<TenantId>> waiting, Func<TenantId, Task<bool>> ring)
    {
        string Name(TenantId tenant) => $"{queue}:{tenant}";
        var tenants = (await waiting).Where(tenant => !_rung.ContainsKey(Name(tenant)));
        var rung = await Task.WhenAll(tenants.Select(tenant => RingAsync(Name(tenant), () => ring(tenant))));
        metrics.Relayed(queue, rung.Count(isSent => isSent));
    }

    private async Task<bool> RingAsync(string name, Func<Task<bool>> ring)
    {
        var isSent = await ring();
        if (isSent)
            _rung[name] = clock.GetTimestamp();
        return isSent;
    }

    private void Forget()
    {
        foreach (var (name, since) in _rung)
        {
            if (clock.GetElapsedTime(since) >= Spacing)
                _rung.TryRemove(name, out _);
        }
    }

    private static string Name(IdleStep step) => $"{step.Job}:{step.Step}";
}
