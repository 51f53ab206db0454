using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>A row of the outbox that was claimed: "look at this record for that platform".</summary>
/// <param name="Version">As it was read: whoever changes the record meanwhile raises it, and the row stays.</param>
/// <param name="Attempts">How often it was claimed, this time included; above one, an earlier worker died over it or put it off.</param>
internal sealed record QueuedPush(RecordKind Kind, Guid RecordId, long Version, DateTimeOffset QueuedAt, int Attempts)
{
    /// <summary>Of a first load or a reconciliation, not of what somebody does now.</summary>
    public bool IsBulk { get; init; }

    /// <summary>The person was erased: what the platform has of them is to go for good.</summary>
    public bool IsErasure { get; init; }

    /// <summary>A person let the deletion pass.</summary>
    public bool IsApproved { get; init; }
}

internal enum PushStatus
{
    /// <summary>The platform is level: the row goes.</summary>
    Done,
    Pending,

    /// <summary>Listed with its reason until a person redrives it or the record changes again.</summary>
    Failed,

    /// <summary>One of many deletions: waits until a person has looked at them.</summary>
    Held,
}

/// <summary>What became of a claimed row. <paramref name="RetryAt"/>: it stays pending until then.</summary>
/// <param name="Attempts">What the row is to count from now on.</param>
internal sealed record PushOutcome(QueuedPush Push, PushStatus Status, string? Reason = null, DateTimeOffset? RetryAt = null, int Attempts = 0);

/// <summary>A worker's hold on a lane of pushes. Two that write one record at the same time would not know whose value stands in the end.</summary>
internal sealed record PushTurn(Lane Lane)
{
    public string Holder { get; } = Guid.NewGuid().ToString("n");

    /// <summary>Of the row in <c>crm_leases</c>.</summary>
    public string Name => $"push:{Lane.Platform.ToName()}:{Lane.Number}";
}

/// <summary>
/// <c>crm_outbox</c>: change capture and the engine put a row here for each record that a platform has to be looked at for; several changes
/// are one row. The bus only rings.
/// </summary>
/// <param name="quiet">So long a record must have been left alone before it is pushed: who types, or a form that saves each field, costs one write.</param>
internal sealed class Outbox(TenantDatabase database, TimeSpan quiet = default)
{
    // Who never stops is pushed all the same.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1.5);

    // Longer than one call with the waits that it may sit out.
    private static readonly TimeSpan Hold = TimeSpan.FromMinutes(3);

    // Counted before the work, in a transaction of its own, as in the journal; so is the lane's lease, since a record that is edited
    // while it is pushed is due at once, and its second push must not overtake the first. The last condition is asked again of a row that
    // another worker has just claimed.
    private const string Claim = """
        with turn as (
             insert into crm_leases as l (tenant_id, name, holder, expires_at)
             values ($1, $5, $6, clock_timestamp() + $7)
                 on conflict (tenant_id, name) do update
                set holder = excluded.holder, fence = l.fence + 1, expires_at = excluded.expires_at
              where l.expires_at <= clock_timestamp() or l.holder = excluded.holder
             returning 1),
             due as (
             select kind, record_id, attempts, is_bulk, queued_at from crm_outbox
              where tenant_id = $1 and platform = $2 and lane = $3 and status = 'pending'
                and (next_attempt_at is null or next_attempt_at <= clock_timestamp())
                and (touched_at <= clock_timestamp() - $8 or queued_at <= clock_timestamp() - $9) and exists (select from turn)
              order by is_bulk, queued_at, record_id limit $4),
             suspect as (select * from due where attempts > 1 order by is_bulk, queued_at, record_id limit 1),
             taken as (select * from suspect union all select * from due where not exists (select from suspect))
        update crm_outbox o
           set attempts = o.attempts + 1, next_attempt_at = clock_timestamp() + interval '1 minute'
          from taken t
         where o.tenant_id = $1 and o.platform = $2 and o.kind = t.kind and o.record_id = t.record_id and o.status = 'pending'
           and (o.next_attempt_at is null or o.next_attempt_at <= clock_timestamp())
        returning o.kind, o.record_id, o.version, o.queued_at, o.attempts, o.is_bulk, o.cause = 'erase', o.approved_at is not null
        """;

    // A row that was raised meanwhile has something new to say: whatever became of the old, it is looked at again, from the first attempt.
    private const string Settle = """
        with settled as (
             select * from unnest($3, $4, $5, $6, $7, $8, $9, $10) as s(kind, record_id, version, queued_at, status, reason, retry_at, attempts)),
             done as (
             delete from crm_outbox o using settled s
              where o.tenant_id = $1 and o.platform = $2 and o.kind = s.kind and o.record_id = s.record_id
                and o.version = s.version and o.queued_at = s.queued_at and s.status = 'done')
        update crm_outbox o
           set status = case when o.version = s.version then s.status else 'pending' end,
               reason = case when o.version = s.version or s.status = 'pending' then s.reason end,
               next_attempt_at = s.retry_at,
               attempts = case when o.version = s.version or s.status = 'pending' then s.attempts else 0 end
          from settled s
         where o.tenant_id = $1 and o.platform = $2 and o.kind = s.kind and o.record_id = s.record_id and o.queued_at = s.queued_at
           and o.status = 'pending' and (o.version <> s.version or s.status <> 'done')
        """;

    private const string DueLanes = """
        select config.platform, number
          from crm_sync_configs config
         cross join generate_series(0, config.lanes - 1) as number
         cross join lateral (
               select from crm_outbox o
                where o.tenant_id = $1 and o.platform = config.platform and o.lane = number and o.status = 'pending'
                  and (o.next_attempt_at is null or o.next_attempt_at <= clock_timestamp())
                order by o.is_bulk, o.queued_at limit 1) due
         where config.tenant_id = $1 and config.enabled and config.direction in ('two_way', 'write')
           and config.state not in ('paused', 'reauth_required')
        """;

    private const string Renew = """
        update crm_leases set expires_at = clock_timestamp() + $4 where tenant_id = $1 and name = $2 and holder = $3
        """;

    // Where another worker has the lane, or it rests, nothing is due before its lease is over.
    private const string Next = """
        select greatest(min(greatest(next_attempt_at, least(touched_at + $5, queued_at + $6))),
                        (select expires_at from crm_leases where tenant_id = $1 and name = $4 and expires_at > clock_timestamp()))
          from (select next_attempt_at, touched_at, queued_at from crm_outbox
                 where tenant_id = $1 and platform = $2 and lane = $3 and status = 'pending' order by is_bulk, queued_at limit 1000) waiting
        having count(*) > 0
        """;

    /// <summary>Lanes of a tenant with something due for a platform that takes it.</summary>
    public Task<List<Lane>> DueLanesAsync(TenantId tenant, CancellationToken ct) => database.QueryAsync(
        tenant, Sql.Command(DueLanes, Sql.Value(tenant.Value)), row => new Lane(tenant, Names.Parse<Platform>(row.GetString(0)), row.GetInt32(1)), ct);

    /// <summary>Takes what is pending and due in a lane, what people do before what jobs do, and the oldest first; nothing where another worker has its turn.</summary>
    public Task<List<QueuedPush>> ClaimAsync(PushTurn turn, int max, CancellationToken ct) => database.QueryAsync(
        turn.Lane.Tenant,
        Sql.Command(
            Claim, Sql.Value(turn.Lane.Tenant.Value), Sql.Text(turn.Lane.Platform.ToName()), Sql.Value(turn.Lane.Number), Sql.Value(max),
            Sql.Text(turn.Name), Sql.Text(turn.Holder), Sql.Value(Hold), Sql.Value(quiet), Sql.Value(LongestWait)),
        row => new QueuedPush(
            Names.Parse<RecordKind>(row.GetString(0)), row.GetGuid(1), row.GetInt64(2), row.GetFieldValue<DateTimeOffset>(3), row.GetInt32(4))
        {
            IsBulk = row.GetBoolean(5),
            IsErasure = row.GetBoolean(6),
            IsApproved = row.GetBoolean(7),
        }, ct);

    /// <summary>Keeps the turn. Asked before every call: who was away for longer than <see cref="Hold"/> may have lost it.</summary>
    /// <returns>False where another worker has it.</returns>
    public async Task<bool> KeepAsync(PushTurn turn, CancellationToken ct) => await MoveAsync(turn, Hold, ct) > 0;

    /// <summary>Keeps everybody from the lane for so long: the platform asked for it, or does not answer.</summary>
    public Task RestAsync(PushTurn turn, TimeSpan rest, CancellationToken ct) => MoveAsync(turn, rest, ct);

    public Task EndAsync(PushTurn turn, CancellationToken ct) => MoveAsync(turn, TimeSpan.Zero, ct);

    /// <summary>A wait that is worth waiting for in place, rather than to be rung for again.</summary>
    public TimeSpan Quiet => quiet;

    /// <summary>When the lane's next pending row is due; null where none is pending, a time that is over where one is due now.</summary>
    public async Task<DateTimeOffset?> NextDueAsync(Lane lane, CancellationToken ct) =>
        (await database.QueryAsync(
            lane.Tenant,
            Sql.Command(
                Next, Sql.Value(lane.Tenant.Value), Sql.Text(lane.Platform.ToName()), Sql.Value(lane.Number), Sql.Text(new PushTurn(lane).Name),
                Sql.Value(quiet), Sql.Value(LongestWait)),
            row => (DateTimeOffset?)new DateTimeOffset(row.GetDateTime(0), TimeSpan.Zero), ct))
        .SingleOrDefault();

    /// <summary>Belongs into the transaction that made it so.</summary>
    public static NpgsqlBatchCommand SettleCommand(Lane lane, IReadOnlyCollection<PushOutcome> outcomes) => Sql.Command(
        Settle, Sql.Value(lane.Tenant.Value), Sql.Text(lane.Platform.ToName()),
        Sql.Array(outcomes.Select(o => o.Push.Kind.ToName())), Sql.Array(outcomes.Select(o => o.Push.RecordId)),
        Sql.Array(outcomes.Select(o => o.Push.Version)), Sql.Times(outcomes.Select(o => (DateTimeOffset?)o.Push.QueuedAt)),
        Sql.Array(outcomes.Select(o => o.Status.ToName())), Sql.Array(outcomes.Select(o => o.Reason)),
        Sql.Times(outcomes.Select(o => o.RetryAt)), Sql.Array(outcomes.Select(o => o.Attempts)));

    public Task SettleAsync(Lane lane, IReadOnlyCollection<PushOutcome> outcomes, CancellationToken ct) =>
        database.ExecuteAsync(lane.Tenant, outcomes.Count == 0 ? [] : [SettleCommand(lane, outcomes)], ct);

    private Task<int> MoveAsync(PushTurn turn, TimeSpan hold, CancellationToken ct) => database.ExecuteAsync(
        turn.Lane.Tenant,
        [Sql.Command(Renew, Sql.Value(turn.Lane.Tenant.Value), Sql.Text(turn.Name), Sql.Text(turn.Holder), Sql.Value(hold))], ct);
}
