using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Records;
using Npgsql;
using NpgsqlTypes;

namespace Forge.Crm.Adapters.Postgres;

internal enum EventStatus
{
    Pending,
    Applied,
    Unchanged,
    Ignored,
    Failed,
}

/// <summary>An event on its way into the journal.</summary>
/// <param name="EventKey">The same for every delivery of one event.</param>
/// <param name="Raw">The element's bytes as they were signed: what PostgreSQL's json would refuse is kept too.</param>
internal sealed record JournalEntry(string EventKey, ReadOnlyMemory<byte> Raw, ChangeEvent Event, int Lane, EventStatus Status, string? Reason);

/// <param name="Attempts">How often it was claimed, this time included; above one, an earlier worker died over it or put it off.</param>
internal sealed record ClaimedEvent(long Id, byte[] Raw, DateTimeOffset ReceivedAt, int Attempts);

/// <summary>What became of an event. <paramref name="RetryAt"/>: it stays pending until then.</summary>
internal sealed record EventOutcome(long Id, EventStatus Status, string? Reason = null, DateTimeOffset? RetryAt = null);

/// <summary>
/// <c>crm_webhook_events</c>: nothing is acknowledged before it stands here, and here is where duplicates end. The bus only rings; what is
/// to do is what is pending here.
/// </summary>
internal sealed class Journal(TenantDatabase database)
{
    private const string Insert = """
        insert into crm_webhook_events
               (tenant_id, platform, event_key, raw, remote_kind, external_id, change, occurred_at, lane, status, reason, finished_at)
        select $1, $2, s.event_key, s.raw, s.remote_kind, s.external_id, s.change, s.occurred_at, s.lane, s.status, s.reason,
               case when s.status <> 'pending' then clock_timestamp() end
          from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11)
            as s(event_key, raw, remote_kind, external_id, change, occurred_at, lane, status, reason)
            on conflict (tenant_id, event_key) do nothing
        returning id, lane, status
        """;

    // Counted before the work, in a transaction of its own: a row that kills its worker is counted too. A row that was claimed before and
    // did not come back is a suspect and runs alone. For a minute it is nobody else's: a second worker in the lane (a zombie whose session
    // lock expired) must not use up its attempts.
    private const string Claim = """
        with due as (
             select id, attempts from crm_webhook_events
              where tenant_id = $1 and platform = $2 and lane = $3 and status = 'pending'
                and (next_attempt_at is null or next_attempt_at <= clock_timestamp())
              order by id limit $4),
             suspect as (select id from due where attempts > 1 order by id limit 1)
        update crm_webhook_events e
           set attempts = e.attempts + 1, next_attempt_at = clock_timestamp() + interval '1 minute'
         where e.tenant_id = $1
           and e.id = any(array(select id from suspect union all
                                select id from due where not exists (select from suspect)))
           and e.status = 'pending' -- asked again: another worker may have claimed the row while this one waited for it
           and (e.next_attempt_at is null or e.next_attempt_at <= clock_timestamp())
        returning e.id, e.raw, e.received_at, e.attempts
        """;

    private const string Finish = """
        update crm_webhook_events e
           set status = s.status, reason = s.reason, next_attempt_at = s.retry_at,
               finished_at = case when s.status <> 'pending' then clock_timestamp() end
          from unnest($2, $3, $4, $5) as s(id, status, reason, retry_at)
         where e.tenant_id = $1 and e.id = s.id and e.id = any($2) and e.status = 'pending'
        """;

    private const string Pending = """
        select min(coalesce(next_attempt_at, timestamptz '1970-01-01 00:00:00+00')) from (
               select next_attempt_at from crm_webhook_events
                where tenant_id = $1 and platform = $2 and lane = $3 and status = 'pending' order by id limit 1000) waiting
        """;

    /// <summary>Journals a delivery in one round trip.</summary>
    /// <returns>The ids and lanes of what is new and pending; a duplicate is not among them.</returns>
    public async Task<IReadOnlyList<(long Id, int Lane)>> AppendAsync(
        TenantId tenant, Platform platform, IReadOnlyCollection<JournalEntry> delivered, CancellationToken ct)
    {
        // In one order, or two deliveries that share events would wait for each other.
        JournalEntry[] entries = [.. delivered.OrderBy(entry => entry.EventKey, StringComparer.Ordinal)];
        var rows = await database.QueryAsync(
            tenant,
            Sql.Command(
                Insert, Sql.Value(tenant.Value), Sql.Text(platform.ToName()),
                Sql.Array(entries.Select(e => e.EventKey)),
                new NpgsqlParameter { Value = entries.Select(e => e.Raw.ToArray()).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea },
                Sql.Array(entries.Select(e => e.Event.Ref?.Kind.ToName())), Sql.Array(entries.Select(e => e.Event.Ref?.Id)),
                Sql.Array(entries.Select(e => e.Event.Type.ToName())), Sql.Times(entries.Select(e => (DateTimeOffset?)e.Event.OccurredAt)),
                Sql.Array(entries.Select(e => e.Lane)), Sql.Array(entries.Select(e => e.Status.ToName())), Sql.Array(entries.Select(e => e.Reason))),
            row => (Id: row.GetInt64(0), Lane: row.GetInt32(1), Status: row.GetString(2)), ct);
        return [.. rows.Where(row => row.Status == "pending").Select(row => (row.Id, row.Lane))];
    }

    /// <summary>Takes what is pending and due in a lane, in the order of the journal; nothing to do costs one indexed read.</summary>
    public async Task<IReadOnlyList<ClaimedEvent>> ClaimAsync(Lane lane, int max, CancellationToken ct)
    {
        var claimed = await database.QueryAsync(
            lane.Tenant,
            Sql.Command(Claim, Sql.Value(lane.Tenant.Value), Sql.Text(lane.Platform.ToName()), Sql.Value(lane.Number), Sql.Value(max)),
            row => new ClaimedEvent(row.GetInt64(0), row.GetFieldValue<byte[]>(1), row.GetFieldValue<DateTimeOffset>(2), row.GetInt32(3)), ct);
        claimed.Sort((a, b) => a.Id.CompareTo(b.Id));
        return claimed;
    }

    /// <summary>When the lane's next pending event is due; null where none is pending, the distant past where one is due now.</summary>
    public async Task<DateTimeOffset?> NextDueAsync(Lane lane, CancellationToken ct) =>
        (await database.QueryAsync(
            lane.Tenant, Sql.Command(Pending, Sql.Value(lane.Tenant.Value), Sql.Text(lane.Platform.ToName()), Sql.Value(lane.Number)),
            row => row.IsDBNull(0) ? (DateTimeOffset?)null : new DateTimeOffset(row.GetDateTime(0), TimeSpan.Zero), ct))[0];

    /// <summary>Belongs into the transaction that applied the events.</summary>
    public static NpgsqlBatchCommand FinishCommand(TenantId tenant, IReadOnlyCollection<EventOutcome> outcomes) => Sql.Command(
        Finish, Sql.Value(tenant.Value), Sql.Array(outcomes.Select(o => o.Id)), Sql.Array(outcomes.Select(o => o.Status.ToName())),
        Sql.Array(outcomes.Select(o => o.Reason)), Sql.Times(outcomes.Select(o => o.RetryAt)));

    public Task FinishAsync(TenantId tenant, IReadOnlyCollection<EventOutcome> outcomes, CancellationToken ct) =>
        database.ExecuteAsync(tenant, [FinishCommand(tenant, outcomes)], ct);
}
