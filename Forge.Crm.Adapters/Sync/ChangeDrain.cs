using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.Sync;

/// <param name="Events">Journal rows that were settled or put off.</param>
internal readonly record struct DrainResult(int Events, int Batches);

/// <summary>
/// The work of ApplyChanges: takes everything that is pending in a lane, reads the records' current state, applies it as one batch, until
/// nothing is left or the time is up. A webhook is a hint: its values are never applied, only its times and causes.
/// </summary>
internal sealed partial class ChangeDrain(
    Journal journal, PlatformSessions sessions, SnapshotApplier applier, SyncStates states, Rings rings, TimeProvider clock, ILogger<ChangeDrain> logger)
{
    private const int MaxEvents = 500;

    // Well inside the bus's lock and the host's time-out; what is left is rung for again.
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(45);

    public async Task<DrainResult> DrainAsync(Lane lane, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var (events, batches) = (0, 0);
        while (clock.GetElapsedTime(started) < Budget)
        {
            if (await sessions.OpenAsync(lane.Tenant, lane.Platform, CallLane.Webhook, ct) is not { } session)
                return new(events, batches); // paused or gone: the events stay pending
            var claimed = await journal.ClaimAsync(lane, MaxEvents, ct);
            if (claimed.Count == 0)
                break;
            await ApplyAsync(session, claimed, ct);
            (events, batches) = (events + claimed.Count, batches + 1);
        }

        await RingAgainAsync(lane, ct);
        return new(events, batches);
    }

    private async Task ApplyAsync(PlatformSession session, IReadOnlyList<ClaimedEvent> claimed, CancellationToken ct)
    {
        var batch = new EventBatch(
            claimed.Select(row => new JournaledEvent(row, session.Connector.ReadEvent(row.Raw, row.ReceivedAt))),
            kind => session.Connector.Kinds.Contains(kind) && session.Config.Kinds.Contains(kind.ToRecordKind()));
        try
        {
            var observed = await ReadAsync(session, batch, ct);
            await applier.ApplyAsync(session, observed, new(
                part => [Journal.FinishCommand(session.Tenant, [.. batch.Outcomes(part, clock.GetUtcNow())])],
                all => [Journal.FinishCommand(session.Tenant, [.. batch.Settled, .. batch.Outcomes(all.Where(a => a.Result.Outcome == Domain.Planning.ChangeOutcome.Failed), clock.GetUtcNow())])]), ct);
        }
        catch (CrmCallException e)
        {
            LogPutOff(logger, e.Platform, e.Message);
            if (e.IsUnauthorized)
                await states.RequireReauthAsync(session.Tenant, session.Platform, ct);
            await journal.FinishAsync(session.Tenant, [.. batch.Settled, .. batch.PutOffAll(e.Message, clock.GetUtcNow(), e.RetryAfter)], ct);
        }
    }

    private async Task<IReadOnlyList<Observation>> ReadAsync(PlatformSession session, EventBatch batch, CancellationToken ct)
    {
        var snapshots = new Dictionary<RemoteRef, RemoteSnapshot>();
        foreach (var kind in batch.ToRead)
        {
            foreach (var snapshot in await session.Account.ReadAsync(kind.Key, [.. kind], withHistory: false, ct))
                snapshots[snapshot.Ref] = snapshot;
        }

        var associations = new List<RemoteAssociations>();
        foreach (var kinds in batch.AssociationsToRead(snapshots))
            associations.AddRange(await session.Account.ReadAssociationsAsync(kinds.Key.From, [.. kinds], kinds.Key.To, ct));
        return batch.Observe(snapshots, associations.ToLookup(a => a.From), clock.GetUtcNow());
    }

    private async Task RingAgainAsync(Lane lane, CancellationToken ct)
    {
        if (await journal.NextDueAsync(lane, ct) is not { } due)
            return;
        if (due > clock.GetUtcNow())
            await rings.RingLaterAsync(lane, due, ct);
        else
            await rings.RingAsync(lane, [], ct);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Events of {Platform} were put off: {Reason}")]
    private static partial void LogPutOff(ILogger logger, Platform platform, string reason);
}
