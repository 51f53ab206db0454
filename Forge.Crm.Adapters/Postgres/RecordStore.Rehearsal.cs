using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// The same batch as a dry run: written, looked at for the pushes that it makes due, and taken back. So it also meets what the database refuses, and
/// what a push would see is what the planner wrote.
/// </summary>
internal sealed partial class RecordStore
{
    private const string Begin = "savepoint dry_run";
    private const string TakeBack = "rollback to savepoint dry_run";

    private const int LookAttempts = 10;

    /// <summary>Notes what queued pushes would come to.</summary>
    /// <param name="also">Of the transaction that notes them.</param>
    public async Task RehearsePushesAsync(DryRun run, IReadOnlyCollection<PushDue> queued, IEnumerable<NpgsqlBatchCommand> also, CancellationToken ct)
    {
        NpgsqlBatchCommand[] end = [.. also];
        await RepeatAsync(
            async _ =>
            {
                await using var transaction = await database.BeginAsync(run.Tenant, ct);
                await transaction.ExecuteAsync([Sql.Command(Begin)], ct);
                var planned = await LookAtPushesAsync(transaction, run, queued, ct);
                await transaction.ExecuteAsync([Sql.Command(TakeBack), .. PlanStore.NoteCommands(run, planned), .. end], ct);
                await transaction.CommitAsync(ct);
                return planned;
            },
            ct);
    }

    private static Task BeginAsync(TenantTransaction transaction, DryRun run, Platform platform, IReadOnlyList<RemoteChange> changes, CancellationToken ct) =>
        transaction.ExecuteAsync([Sql.Command(Begin), PlanStore.LinksCommand(run, platform, changes)], ct);

    /// <returns>False where another worker was faster: nothing was noted.</returns>
    private async Task<bool> RehearseAsync(
        TenantTransaction transaction, DryRun run, WorkingSet set, BatchPlan plan, BatchWrite write, Func<BatchPlan, IEnumerable<NpgsqlBatchCommand>> also, CancellationToken ct)
    {
        await transaction.ExecuteAsync(write.Commands, ct);
        if (write.LostARace)
            return false;
        var queued = new List<PushDue>();
        // What is not planned yet has nothing to be looked at; it comes again with its history.
        var unplanned = plan.Results.Where(result => result.Outcome == ChangeOutcome.NeedsHistory).Select(result => result.RecordId).OfType<Guid>().ToHashSet();
        Guid[] concerned =
        [
            .. plan.Results.Select(result => result.RecordId).OfType<Guid>(), .. plan.Pushes.Select(push => push.RecordId), .. set.ChangedRecords.Keys,
            .. set.NewLinks.Values.Concat(set.ChangedLinks.Values).Select(link => link.RecordId),
        ];
        await transaction.ReadAsync([(PlanStore.QueuedCommand(run, concerned.Except(unplanned)), row => queued.Add(PlanStore.ReadDue(row)))], ct);
        PlannedChange[] planned = [.. PlannedChanges.InHub(set, plan), .. await LookAtPushesAsync(transaction, run, queued, ct)];
        await transaction.ExecuteAsync([Sql.Command(TakeBack), .. PlanStore.NoteCommands(run, planned), .. also(plan)], ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    private async Task<List<PlannedChange>> LookAtPushesAsync(TenantTransaction transaction, DryRun run, IEnumerable<PushDue> queued, CancellationToken ct)
    {
        var planned = new List<PlannedChange>();
        foreach (var part in queued.GroupBy(push => (push.Platform, push.Kind)).OrderBy(part => part.Key))
        {
            var session = run.Targets.First(target => target.Platform == part.Key.Platform);
            Guid[] ids = [.. part.Select(push => push.RecordId)];
            var set = await LoadAsync(transaction, session, part.Key.Kind, ids, ct);
            var planner = new PushPlanner(session.Policy, session.ShapeOf, Stamp.Micros(clock.GetUtcNow()));
            foreach (var id in PushLook.InOrder(ids, set, id => id))
                planned.AddRange(Look(session, set, planner, id));
        }

        return planned;
    }

    private static async Task<WorkingSet> LoadAsync(TenantTransaction transaction, PlatformSession session, RecordKind kind, Guid[] ids, CancellationToken ct)
    {
        HashSet<(RecordKind, Guid)> survivors = [];
        for (var attempt = 1; attempt <= LookAttempts; attempt++)
        {
            var load = new BatchLoad(session.Tenant, session.Platform, session.ShapeOf, TableOf(session.ShapeOf), survivors);
            if (await load.ReadAsync(transaction, kind, ids, null, ct) is { } set)
                return set;
        }

        throw new InvalidOperationException($"What {ids.Length} records were merged into could not be loaded.");
    }

    private static IEnumerable<PlannedChange> Look(PlatformSession session, WorkingSet set, PushPlanner planner, Guid id)
    {
        var there = set.LinkOf(id);
        if (PushLook.Of(session, set, planner, id) is not var (hub, _, plan, links))
            yield break;
        yield return PlannedChanges.OfPush(session.Platform, hub, session.ShapeOf(hub.Kind), there, plan, links);
        // The survivor takes over what the platform has of the merged record, and is due itself.
        if (plan is { Kind: PushKind.Nothing, Link: { } moved } && moved.RecordId != id)
        {
            foreach (var change in Look(session, set, planner, moved.RecordId))
                yield return change;
        }
    }
}
