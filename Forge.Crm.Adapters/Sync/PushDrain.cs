using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.Sync;

/// <param name="Rows">Outbox rows that were settled or put off.</param>
/// <param name="Due">When the lane has to be rung for again; null where nothing waits.</param>
internal readonly record struct PushResult(int Rows, DateTimeOffset? Due);

/// <summary>
/// The work of PushRecords: takes everything that is pending in a lane of the outbox, applies what the platform shows of the records now, looks
/// at each for what it is still due, stores what is being sent, sends it and applies the answers, until nothing is left or the time is up.
/// </summary>
internal sealed partial class PushDrain(
    Outbox outbox, PlatformSessions sessions, RecordStore store, DriftCheck drift, PushCalls calls, PushLinks links, DeleteGuard guard, PushErasures erasures, SyncStates states, TimeProvider clock,
    ILogger<PushDrain> logger)
{
    private const int MaxRows = 100;

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(10);

    // Well inside the bus's lock and the host's time-out; what is left is rung for again.
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(45);

    public async Task<PushResult> DrainAsync(Lane lane, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var turn = new PushTurn(lane);
        var rows = 0;
        while (clock.GetElapsedTime(started) < Budget)
        {
            if (await sessions.OpenAsync(lane.Tenant, lane.Platform, CallLane.Webhook, ct) is not { Writer: not null })
            {
                await outbox.EndAsync(turn, ct);
                return new(rows, null); // paused, or only read from: what is due stays pending
            }

            var claimed = await outbox.ClaimAsync(turn, MaxRows, ct);
            if (claimed.Count == 0 && await SettlesAsync(lane, ct))
                continue;
            if (claimed.Count == 0)
                break;
            foreach (var part in claimed.GroupBy(row => (row.IsBulk, row.Kind)).OrderBy(group => group.Key.IsBulk).ThenBy(group => RecordKinds.InOrder.IndexOf(group.Key.Kind)))
            {
                if (await sessions.OpenAsync(lane.Tenant, lane.Platform, part.Key.IsBulk ? CallLane.Backfill : CallLane.Webhook, ct) is { Writer: { } writer } session
                    && !await PushAsync(new(session, writer, turn, part.Key.Kind, part), ct))
                    return new(rows, await outbox.NextDueAsync(lane, ct));
            }

            rows += claimed.Count;
        }

        await outbox.EndAsync(turn, ct);
        return new(rows, await outbox.NextDueAsync(lane, ct));
    }

    /// <summary>Waits for a record that is being edited at this moment.</summary>
    /// <returns>False where there is none.</returns>
    private async Task<bool> SettlesAsync(Lane lane, CancellationToken ct)
    {
        if (outbox.Quiet == TimeSpan.Zero || await outbox.NextDueAsync(lane, ct) is not { } due)
            return false;
        var wait = due - clock.GetUtcNow();
        if (wait > outbox.Quiet)
            return false;
        await Task.Delay(wait < ShortestWait ? ShortestWait : wait, clock, ct);
        return true;
    }

    /// <returns>False where another worker has the lane by now, or the lane rests.</returns>
    private async Task<bool> PushAsync(PushBatch batch, CancellationToken ct)
    {
        try
        {
            await SettleAsync(batch, batch.Open.Where(row => row.Attempts > PushOutcomes.MaxAttempts)
                .Select(row => PushOutcomes.Failed(row, $"given up after {PushOutcomes.MaxAttempts} attempts")), ct);
            await erasures.SendAsync(batch, ct);
            var isAlone = batch.Open.Count == 1;
            var unread = await drift.RunAsync(batch, ct);
            await SettleAsync(batch, unread.Select(record => PushOutcomes.Alone(batch.Row(record.Key), record.Value, isAlone)), ct);
            return await calls.SendAsync(batch, await guard.PassAsync(batch, await LookAsync(batch, ct), ct), ct) && await links.SendAsync(batch, outbox, ct);
        }
        catch (CrmCallException e)
        {
            LogPutOff(logger, e.Platform, e.Message);
            if (e.IsUnauthorized)
                await states.RequireReauthAsync(batch.Session.Tenant, batch.Session.Platform, ct);
            var isAlone = batch.Open.Count == 1;
            PushOutcome[] putOff = [.. batch.Open.Select(row => PushOutcomes.PutOff(row, e, isAlone, clock.GetUtcNow()))];
            await SettleAsync(batch, putOff, ct);
            if (PushOutcomes.RestUntil(putOff, e, isAlone) is not { } until)
                return true;
            await outbox.RestAsync(batch.Turn, until - clock.GetUtcNow(), ct);
            return false;
        }
    }

    private async Task<IReadOnlyList<PushItem>> LookAsync(PushBatch batch, CancellationToken ct)
    {
        var session = batch.Session;
        var items = await store.LookAsync(session.Tenant, session.Policy, session.ShapeOf, batch.Kind, batch.OpenIds, batch.Keys, set => Look(batch, set), ct);
        var level = items.ToLookup(IsLevel);
        batch.Close(level[true].Select(item => item.Level));
        await SettleAsync(batch, level[false].Where(item => item.Plan.Kind == PushKind.Wait).Select(item => PushOutcomes.Waits(item.Row, clock.GetUtcNow())), ct);
        batch.ToLink.AddRange(level[false]
            .Where(item => item.Plan.Kind is PushKind.Nothing or PushKind.Update && !item.Links.Due.IsEmpty)
            .Select(item => new LinkItem(item, item.From!.Value, item.Links.Due)));
        return [.. level[false].Where(batch.IsOpen)];
    }

    private static bool IsLevel(PushItem item) => item.Plan.Kind == PushKind.Nothing && item.Links.Due.IsEmpty;

    private Looked<List<PushItem>> Look(PushBatch batch, WorkingSet set)
    {
        var session = batch.Session;
        var planner = new PushPlanner(session.Policy, session.ShapeOf, Stamp.Micros(clock.GetUtcNow()));
        var items = PushLook.InOrder(batch.Open, set, row => row.RecordId).Select(row => Look(batch, set, planner, row)).ToList();
        var moved = items.Where(item => item.Plan is { Kind: PushKind.Nothing, Link: not null })
            .Select(item => new PushDue(session.Platform, batch.Kind, item.Plan.Link!.RecordId));
        var level = items.Where(IsLevel).Select(item => item.Level).ToList();
        return new(items, [.. moved], level.Count == 0 ? [] : [Outbox.SettleCommand(batch.Turn.Lane, level)]);
    }

    private static PushItem Look(PushBatch batch, WorkingSet set, PushPlanner planner, QueuedPush row)
    {
        var (session, there) = (batch.Session, set.LinkOf(row.RecordId));
        if (PushLook.Of(session, set, planner, row.RecordId) is not var (hub, kind, plan, links))
            return new(row, PushPlan.Nothing, new Dictionary<string, string?>(), LinkPlan.Nothing);
        return new(row, plan, session.MapperOf(kind).Write(hub.Values, plan.Fields.Contains, session.Lookups), links) { From = there?.Ref };
    }

    private async Task SettleAsync(PushBatch batch, IEnumerable<PushOutcome> outcomes, CancellationToken ct)
    {
        PushOutcome[] settled = [.. outcomes];
        await outbox.SettleAsync(batch.Turn.Lane, settled, ct);
        batch.Close(settled);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Pushes to {Platform} were put off: {Reason}")]
    private static partial void LogPutOff(ILogger logger, Platform platform, string reason);
}
