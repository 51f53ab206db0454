using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>What a dry run found.</summary>
/// <param name="Platform">That was read.</param>
/// <param name="State">Of the job: until it is <c>done</c>, the plan grows.</param>
/// <param name="KeptUntil">Or until the next dry run of the platform.</param>
/// <param name="Changes">By platform, the hub as <c>supabase</c>.</param>
/// <param name="Held">Deletions that would wait for a person.</param>
public sealed record SyncPlanView(
    Guid Job, string Platform, string State, DateTimeOffset KeptUntil, IReadOnlyList<PlannedCount> Changes, IReadOnlyList<PlannedHold> Held,
    PlannedCalls Calls);

public sealed record PlannedCount(string Platform, string Kind, string Action, long Count);

/// <param name="Deletions">With those of the last hour and those that are held already.</param>
public sealed record PlannedHold(string Platform, string Kind, long Deletions, int Limit, int Percent);

/// <param name="Reading">Calls that the dry run made; a real run makes them too.</param>
/// <param name="Pushing">What a real run would cause: an estimate in full batches, without what is held.</param>
public sealed record PlannedCalls(long Reading, IReadOnlyList<PlatformCalls> Pushing);

/// <param name="Tokens">Of the account's budget, where the platform prices its calls; else 0.</param>
public sealed record PlatformCalls(string Platform, long Calls, long Tokens);

/// <summary>The plans of dry runs for people. They hold values: <see cref="Kept"/> after the end they are pruned, and a new dry run of the platform replaces them.</summary>
public sealed class SyncPlans
{
    public const int PageSize = 100;

    /// <summary>How long a plan is kept after its job's end.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    private static readonly RemoteKind[] RemoteKinds = Enum.GetValues<RemoteKind>();

    private readonly TenantDatabase _database;
    private readonly PlatformSessions _sessions;

    internal SyncPlans(TenantDatabase database, PlatformSessions sessions) => (_database, _sessions) = (database, sessions);

    /// <returns>Whether the plan is still kept; null where there is no such job, or it is no dry run.</returns>
    public async Task<bool?> IsKeptAsync(TenantId tenant, Guid job, CancellationToken ct) =>
        await _database.QueryAsync(tenant, JobCommand(tenant, job), row => !row.GetBoolean(4), ct) is [var isKept] ? isKept : null;

    /// <returns>Null where there is no such job, or it is no dry run.</returns>
    public async Task<SyncPlanView?> FindAsync(TenantId tenant, Guid job, CancellationToken ct)
    {
        SyncPlanView? view = null;
        var (changes, held) = (new List<PlannedCount>(), new List<PlannedHold>());
        var holds = On(SyncPlanSql.Held, tenant, job);
        holds.Parameters.Add(Sql.Array(RemoteKinds.Select(kind => kind.ToRecordKind().ToName())));
        holds.Parameters.Add(Sql.Array(RemoteKinds.Select(kind => kind.ToName())));
        await using (var transaction = await _database.BeginAsync(tenant, ct))
        {
            await transaction.ReadAsync(
                [
                    (JobCommand(tenant, job), row => view = Read(row, job)),
                    (On(SyncPlanSql.Counts, tenant, job), row => changes.Add(new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3)))),
                    (holds, row => held.Add(new(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt32(3), row.GetInt32(4)))),
                ],
                ct);
        }

        return view is null ? null : view with { Changes = changes, Held = held, Calls = view.Calls with { Pushing = await PriceAsync(tenant, changes, held, ct) } };
    }

    /// <summary>A page of what would be done, record by record, by platform, kind, action and id.</summary>
    /// <param name="platform">Null: of every platform.</param>
    /// <param name="after">Where the page before ended, as it said; null for the first.</param>
    /// <exception cref="FormatException"><paramref name="after"/> is no place in a plan.</exception>
    public async Task<string> ItemsAsync(
        TenantId tenant, Guid job, Platform? platform, RecordKind? kind, PlannedAction? action, string? after, CancellationToken ct)
    {
        var place = after is null ? ["", "", ""] : after.Split('.');
        var last = Guid.Empty;
        if (after is not null && (place.Length != 4 || !Guid.TryParseExact(place[3], "D", out last)))
            throw new FormatException("'after' is no place in a plan.");
        var command = On(SyncPlanSql.Items, tenant, job);
        foreach (var parameter in new[]
        {
            Sql.Text(platform?.ToName()), Sql.Text(kind?.ToName()), Sql.Text(action?.ToName()), Sql.Text(place[0]), Sql.Text(place[1]), Sql.Text(place[2]),
            Sql.Value(last), Sql.Value((long)PageSize),
        })
            command.Parameters.Add(parameter);
        return (await _database.QueryAsync(tenant, command, row => row.GetString(0), ct))[0];
    }

    private static SyncPlanView Read(NpgsqlDataReader row, Guid job) => new(
        job, row.GetString(0), row.GetString(1), row.GetFieldValue<DateTimeOffset>(3), [], [], new(row.GetInt64(2), []));

    // The accounts are opened, never called.
    private async Task<IReadOnlyList<PlatformCalls>> PriceAsync(TenantId tenant, List<PlannedCount> changes, List<PlannedHold> held, CancellationToken ct)
    {
        var prices = new List<PlatformCalls>();
        foreach (var pushed in changes.Where(change => change.Platform != Platform.Supabase.ToName()).GroupBy(change => change.Platform))
        {
            if (await _sessions.OpenAsync(tenant, Names.Parse<Platform>(pushed.Key), CallLane.Interactive, ct) is not { Writer: { } writer })
                continue;
            var cost = pushed
                .Where(change => change.Action != PlannedAction.Delete.ToName() || !held.Exists(hold => hold.Platform == change.Platform && hold.Kind == change.Kind))
                .Aggregate(default(PushCost), (sum, change) => sum + writer.PriceOf(Names.Parse<PushKind>(change.Action), Names.Parse<RecordKind>(change.Kind)).Of(change.Count));
            prices.Add(new(pushed.Key, cost.Calls, cost.Tokens));
        }

        return prices;
    }

    private static NpgsqlBatchCommand JobCommand(TenantId tenant, Guid job)
    {
        var command = On(SyncPlanSql.Job, tenant, job);
        command.Parameters.Add(Sql.Value(Kept));
        return command;
    }

    private static NpgsqlBatchCommand On(string sql, TenantId tenant, Guid job) => Sql.Command(sql, Sql.Value(tenant.Value), Sql.Value(job));
}
