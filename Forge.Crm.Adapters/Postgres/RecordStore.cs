using System.Collections.Concurrent;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// The one engine for every change: load and lock what a batch concerns, plan it in memory, write it set-based, commit once. Three round
/// trips a batch, whatever its size.
/// </summary>
internal sealed class RecordStore(TenantDatabase database, TimeProvider clock)
{
    private const string Known = """
        select l.remote_kind, l.external_id
          from unnest($3, $4) as k(kind, id)
         cross join lateral (select * from crm_record_links l
                where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = k.kind and l.external_id = k.id limit 1) l
        """;

    // A large batch may lose to a stream of small ones, a record each time; the waits grow until it gets through.
    private const int Attempts = 40;

    private readonly ConcurrentDictionary<RecordShape, RecordTable> _tables = [];

    /// <param name="also">More commands of the same transaction: journal states, a job's step.</param>
    /// <exception cref="StaleStepException">A required row was not there; nothing was committed.</exception>
    /// <exception cref="PostgresException">The database refuses the batch, e.g. for a value that it cannot hold; nothing was committed.</exception>
    public async Task<BatchPlan> ApplyAsync(
        TenantId tenant, SyncPolicy policy, Func<RecordKind, RecordShape> shapeOf, IReadOnlyList<RemoteChange> changes,
        Func<BatchPlan, IEnumerable<NpgsqlBatchCommand>> also, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                if (await TryApplyAsync(tenant, policy, shapeOf, changes, also, ct) is { } plan)
                    return plan;
                if (attempt == Attempts)
                    throw new InvalidOperationException($"The batch lost {Attempts} races for its rows in a row.");
            }
            catch (PostgresException e) when (IsLostRace(e) && attempt < Attempts)
            {
                // planned anew below
            }

            if (attempt > 1)
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(5, 20 * Math.Min(attempt, 10))), clock, ct);
        }
    }

    /// <summary>Which of these external records the hub has a link for, in whatever state.</summary>
    public async Task<IReadOnlyList<RemoteRef>> KnownAsync(TenantId tenant, Platform platform, IReadOnlyCollection<RemoteRef> refs, CancellationToken ct) =>
        await database.QueryAsync(
            tenant,
            Sql.Command(
                Known, Sql.Value(tenant.Value), Sql.Text(platform.ToName()),
                Sql.Array(refs.Select(r => r.Kind.ToName())), Sql.Array(refs.Select(r => r.Id))),
            row => new RemoteRef(Names.Parse<RemoteKind>(row.GetString(0)), row.GetString(1)), ct);

    private async Task<BatchPlan?> TryApplyAsync(
        TenantId tenant, SyncPolicy policy, Func<RecordKind, RecordShape> shapeOf, IReadOnlyList<RemoteChange> changes,
        Func<BatchPlan, IEnumerable<NpgsqlBatchCommand>> also, CancellationToken ct)
    {
        RecordTable TableOf(RecordKind kind) => _tables.GetOrAdd(shapeOf(kind), shape => new(shape));
        await using var transaction = await database.BeginAsync(tenant, ct);
        var set = changes.Count == 0
            ? WorkingSet.Empty
            : await new BatchLoad(tenant, policy.Platform, shapeOf, TableOf).ReadAsync(transaction, changes, ct);
        if (set is null)
            return null;
        var plan = new BatchPlanner(policy, shapeOf, () => Guid.CreateVersion7(clock.GetUtcNow())).Plan(set, changes);
        var write = new BatchWrite(tenant, policy.Platform, shapeOf, TableOf);
        write.Add(set, plan);
        write.Add(also(plan));
        write.AddErasures(set, plan);
        if (write.Commands.Count == 0)
            return plan;
        await transaction.ExecuteAsync(write.Commands, ct);
        if (write.LostARace)
            return null;
        await transaction.CommitAsync(ct);
        return plan;
    }

    private static bool IsLostRace(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.UniqueViolation;
}
