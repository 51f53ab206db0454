using System.Collections.Immutable;
using Forge.Crm.Adapters.Rules;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>An open row of <c>crm_conflict_records</c>, and what it is about.</summary>
internal sealed record OpenConflict(Guid Id, RecordKind Kind, ConflictKey Key)
{
    public Guid RecordId => Key.RecordId;
}

/// <summary>What a look at records came to, beside the changes in their working set.</summary>
/// <param name="Pushes">That became due by it.</param>
/// <param name="Also">More commands of the same transaction.</param>
internal sealed record Looked<T>(T Result, ImmutableHashSet<PushDue> Pushes, IEnumerable<NpgsqlBatchCommand> Also);

/// <summary>
/// The one engine for every change: load and lock what a batch concerns, plan it in memory, write it set-based, commit once. Three round
/// trips a batch, whatever its size.
/// </summary>
internal sealed partial class RecordStore(TenantDatabase database, TimeProvider clock)
{
    private const string Known = """
        select l.remote_kind, l.external_id
          from unnest($3, $4) as k(kind, id)
         cross join lateral (select * from crm_record_links l
                where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = k.kind and l.external_id = k.id limit 1) l
        """;

    // A large batch may lose to a stream of small ones, a record each time; the waits grow until it gets through.
    private const int Attempts = 40;

    /// <summary>Told after each commit which pushes became due by it. Neither throws nor waits.</summary>
    public Action<TenantId, IReadOnlyCollection<PushDue>> PushesDue { get; init; } = (_, _) => { };

    /// <summary>The tenants' rules, which act in the transaction of the change; null where none are run.</summary>
    public RuleWork? Rules { get; init; }

    /// <param name="also">More commands of the same transaction: journal states, a job's step.</param>
    /// <param name="dryRun">Where it is given, what is planned is noted instead of written; the other commands are carried out.</param>
    /// <exception cref="StaleStepException">A required row was not there; nothing was committed.</exception>
    /// <exception cref="PostgresException">The database refuses the batch, e.g. for a value that it cannot hold; nothing was committed.</exception>
    public Task<BatchPlan> ApplyAsync(
        TenantId tenant, SyncPolicy policy, Func<RecordKind, RecordShape> shapeOf, IReadOnlyList<RemoteChange> changes,
        Func<BatchPlan, IEnumerable<NpgsqlBatchCommand>> also, CancellationToken ct, DryRun? dryRun = null) =>
        RepeatAsync(survivors => TryApplyAsync(survivors, tenant, policy, shapeOf, changes, also, dryRun, ct), ct);

    /// <summary>Ends an open conflict as a person decided; see <see cref="ReviewPlanner"/>.</summary>
    /// <param name="policy">Of the conflict's platform.</param>
    /// <param name="also">More commands of the same transaction, made anew for each attempt.</param>
    /// <exception cref="StaleStepException">The conflict is not open any more; nothing was committed.</exception>
    /// <exception cref="FormatException">The typed value is none that the field can hold.</exception>
    /// <exception cref="PostgresException">The database refuses the value; nothing was committed.</exception>
    public Task<BatchPlan> ResolveAsync(
        TenantId tenant, SyncPolicy policy, Func<RecordKind, RecordShape> shapeOf, OpenConflict conflict, ReviewChoice choice, string person,
        Func<IEnumerable<NpgsqlBatchCommand>> also, CancellationToken ct) =>
        RepeatAsync(survivors => TryResolveAsync(survivors, tenant, policy, shapeOf, conflict, choice, person, also, ct), ct);

    /// <summary>Locks records with their links to a platform and stores what a look at them changed; see <see cref="PushPlanner"/>.</summary>
    /// <param name="keys">As <see cref="BatchLoad"/> takes them: null where the look claims none.</param>
    /// <param name="look">Asked anew where another worker was faster; nothing of an earlier answer was committed.</param>
    /// <exception cref="PostgresException">The database refuses the changes; nothing was committed.</exception>
    public Task<T> LookAsync<T>(
        TenantId tenant, SyncPolicy policy, Func<RecordKind, RecordShape> shapeOf, RecordKind kind, IReadOnlyCollection<Guid> ids, HashSet<string>? keys,
        Func<WorkingSet, Looked<T>> look, CancellationToken ct)
        where T : class =>
        RepeatAsync(survivors => TryLookAsync(survivors, tenant, policy, shapeOf, kind, ids, keys, look, ct), ct);

    /// <summary>Which of these external records the hub has a link for, in whatever state.</summary>
    public async Task<IReadOnlyList<RemoteRef>> KnownAsync(TenantId tenant, Platform platform, IReadOnlyCollection<RemoteRef> refs, CancellationToken ct) =>
        await database.QueryAsync(
            tenant,
            Sql.Command(
                Known, Sql.Value(tenant.Value), Sql.Text(platform.ToName()),
                Sql.Array(refs.Select(r => r.Kind.ToName())), Sql.Array(refs.Select(r => r.Id))),
            row => new RemoteRef(Names.Parse<RemoteKind>(row.GetString(0)), row.GetString(1)), ct);

    private async Task<T> RepeatAsync<T>(Func<HashSet<(RecordKind, Guid)>, Task<T?>> attempt, CancellationToken ct)
        where T : class
    {
        HashSet<(RecordKind, Guid)> survivors = [];
        for (var count = 1; ; count++)
        {
            try
            {
                if (await attempt(survivors) is { } plan)
                    return plan;
                if (count == Attempts)
                    throw new InvalidOperationException($"The batch lost {Attempts} races for its rows in a row.");
            }
            catch (PostgresException e) when (IsLostRace(e) && count < Attempts)
            {
                // planned anew below
            }

            if (count > 1)
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(5, 20 * Math.Min(count, 10))), clock, ct);
        }
    }

    private async Task<T?> TryLookAsync<T>(
        HashSet<(RecordKind, Guid)> survivors, TenantId tenant, SyncPolicy policy, Func<RecordKind, RecordShape> shapeOf, RecordKind kind, IReadOnlyCollection<Guid> ids,
        HashSet<string>? keys, Func<WorkingSet, Looked<T>> look, CancellationToken ct)
        where T : class
    {
        await using var transaction = await database.BeginAsync(tenant, ct);
        var set = await new BatchLoad(tenant, policy.Platform, shapeOf, TableOf(shapeOf), survivors).ReadAsync(transaction, kind, ids, keys, ct);
        if (set is null)
            return null;
        var looked = look(set);
        var write = new BatchWrite(tenant, policy.Platform, shapeOf, TableOf(shapeOf), NewId);
        write.Add(set, new([], [], looked.Pushes));
        write.Add(looked.Also);
        return await CommitAsync(transaction, tenant, write, looked.Pushes, null, ct) ? looked.Result : null;
    }

    private async Task<BatchPlan?> TryApplyAsync(
        HashSet<(RecordKind, Guid)> survivors, TenantId tenant, SyncPolicy policy, Func<RecordKind, RecordShape> shapeOf, IReadOnlyList<RemoteChange> changes,
        Func<BatchPlan, IEnumerable<NpgsqlBatchCommand>> also, DryRun? dryRun, CancellationToken ct)
    {
        var rules = await RulesOfAsync(tenant, ct);
        await using var transaction = await database.BeginAsync(tenant, ct);
        if (dryRun is not null)
            await BeginAsync(transaction, dryRun, policy.Platform, changes, ct);
        var set = changes.Count == 0
            ? WorkingSet.Empty
            : await new BatchLoad(tenant, policy.Platform, shapeOf, TableOf(shapeOf), survivors).ReadAsync(transaction, changes, ct);
        if (set is null)
            return null;
        var plan = new BatchPlanner(policy, shapeOf, NewId).Plan(set, changes);
        var write = new BatchWrite(tenant, policy.Platform, shapeOf, TableOf(shapeOf), NewId);
        write.Add(set, plan);
        if (dryRun is not null)
            return await RehearseAsync(transaction, dryRun, set, plan, write, also, ct) ? plan : null;
        write.Add(also(plan));
        write.AddErasures(set, plan);
        return await CommitAsync(transaction, tenant, write, [.. plan.Pushes, .. ErasuresDue(policy, set, plan)], rules?.On(set, plan), ct) ? plan : null;
    }

    // The rows are queued by the statement that writes the certificate.
    private static IEnumerable<PushDue> ErasuresDue(SyncPolicy policy, WorkingSet set, BatchPlan plan) =>
        from result in plan.Results
        where result.Outcome == ChangeOutcome.Erased
        from target in policy.Targets
        where target.Platform != policy.Platform
        select new PushDue(target.Platform, set.Record(result.RecordId!.Value)!.Kind, result.RecordId.Value);

    private async Task<BatchPlan?> TryResolveAsync(
        HashSet<(RecordKind, Guid)> survivors, TenantId tenant, SyncPolicy policy, Func<RecordKind, RecordShape> shapeOf, OpenConflict conflict, ReviewChoice choice, string person,
        Func<IEnumerable<NpgsqlBatchCommand>> also, CancellationToken ct)
    {
        var rules = await RulesOfAsync(tenant, ct);
        await using var transaction = await database.BeginAsync(tenant, ct);
        var set = await new BatchLoad(tenant, policy.Platform, shapeOf, TableOf(shapeOf), survivors).ReadAsync(transaction, conflict.Kind, [conflict.RecordId], null, ct);
        if (set is null)
            return null;
        // The row names which conflict it is; what it is about is as it stands now, with the record locked.
        var open = set.ConflictsOf(conflict.RecordId).FirstOrDefault(held => held.Key == conflict.Key);
        if (open is null || set.Record(conflict.RecordId) is null)
            throw new StaleStepException();
        var plan = new ReviewPlanner(policy, shapeOf).Resolve(
            set, open, choice, new(CauseKind.Person, conflict.Id.ToString(), person), clock.GetUtcNow());
        var write = new BatchWrite(tenant, policy.Platform, shapeOf, TableOf(shapeOf), NewId);
        write.Add([ConflictRows.Resolve(tenant, conflict.Id, choice.Pick, person)]);
        write.Add(set, plan);
        write.Add(also());
        return await CommitAsync(transaction, tenant, write, plan.Pushes, rules?.On(set, plan), ct) ? plan : null;
    }

    // Before the transaction: who waits for settings must not hold locks.
    private async Task<RulesOfTenant?> RulesOfAsync(TenantId tenant, CancellationToken ct) => Rules is null ? null : await Rules.OfAsync(tenant, ct);

    /// <param name="rules">What the tenant's rules make of the batch; null where they have nothing to look at.</param>
    /// <returns>False where another worker was faster: nothing was committed.</returns>
    private async Task<bool> CommitAsync(
        TenantTransaction transaction, TenantId tenant, BatchWrite write, IReadOnlyCollection<PushDue> pushes, Func<TenantTransaction, CancellationToken, Task<bool>>? rules,
        CancellationToken ct)
    {
        if (write.Commands.Count == 0)
            return true;
        await transaction.ExecuteAsync(write.Commands, ct);
        if (write.LostARace)
            return false;
        var acted = rules is not null && await rules(transaction, ct);
        await transaction.CommitAsync(ct);
        PushesDue(tenant, pushes);
        if (acted)
            Rules!.Acted(tenant);
        return true;
    }

    private static Func<RecordKind, RecordTable> TableOf(Func<RecordKind, RecordShape> shapeOf) => kind => RecordTable.Of(shapeOf(kind));

    private Guid NewId() => Guid.CreateVersion7(clock.GetUtcNow());

    private static bool IsLostRace(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.UniqueViolation;
}
