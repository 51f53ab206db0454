using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// Counts the deletions that a platform is due before they are sent: those of the last hour, those that wait and those that are held. One worker
/// counts at a time, and decides in the transaction that counts, so that two that are each below the limit are not together above it.
/// </summary>
internal sealed class Deletions(TenantDatabase database, NoticeRings? notices = null)
{
    private const string Lock = "select pg_advisory_xact_lock(hashtextextended($1 || ':' || $2 || ':' || $3, 7))";

    private const string Count = """
        with due as (
             select record_id from crm_deletions
              where tenant_id = $1 and platform = $2 and kind = $3 and sent_at > clock_timestamp() - interval '1 hour'
              union
             select o.record_id
               from crm_outbox o
               join {0} r on r.tenant_id = $1 and r.id = o.record_id
              where o.tenant_id = $1 and o.platform = $2 and o.kind = $3 and o.status in ('pending', 'held') and o.cause <> 'erase' and o.approved_at is null
                and r.deleted_at is not null and r.merged_into_id is null
                and exists (select from (select * from crm_record_links l where l.tenant_id = $1 and l.record_id = o.record_id offset 0) l
                             where l.platform = $2 and l.state = 'live')),
             counted as (select count(*) as n from due)
        select n, n > delete_limit and n > delete_percent * (
                   select count(*) from (select from crm_record_links l
                                          where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = any($4) and l.state = 'live'
                                          limit 100 * n / greatest(delete_percent, 1) + 1) live) / 100.0,
               exists (select from crm_outbox o where o.tenant_id = $1 and o.platform = $2 and o.kind = $3 and o.status = 'held')
          from counted, crm_sync_configs
         where tenant_id = $1 and platform = $2
        """;

    private const string Note = """
        insert into crm_deletions (tenant_id, platform, kind, record_id)
        select $1, $2, $3, id from unnest($4) as due(id) order by id
            on conflict (tenant_id, platform, kind, record_id) do update set sent_at = excluded.sent_at
        """;

    /// <returns>What becomes of the rows: empty where all may pass.</returns>
    public async Task<IReadOnlyList<PushOutcome>> HoldAsync(Lane lane, RecordKind kind, IReadOnlyList<QueuedPush> rows, CancellationToken ct)
    {
        await using var transaction = await database.BeginAsync(lane.Tenant, ct);
        var (count, isOver, isHolding) = (0L, false, false);
        var (tenant, platform, name) = (lane.Tenant.Value, lane.Platform.ToName(), kind.ToName());
        await transaction.ReadAsync(
        [
            (Sql.Command(Lock, Sql.Text(lane.Tenant.ToString()), Sql.Text(platform), Sql.Text(name)), _ => { }),
            (Sql.Command(
                Count.Replace("{0}", RecordTable.NameOf(kind), StringComparison.Ordinal), Sql.Value(tenant), Sql.Text(platform), Sql.Text(name),
                Sql.Array(Enum.GetValues<RemoteKind>().Where(remote => remote.ToRecordKind() == kind).Select(remote => remote.ToName()))),
                row => (count, isOver, isHolding) = (row.GetInt64(0), row.GetBoolean(1), row.GetBoolean(2))),
        ], ct);
        PushOutcome[] held = !isOver ? [] :
        [
            .. rows.Select(row => new PushOutcome(row, PushStatus.Held, $"one of {count} deletions of the kind {name} in an hour: held until a person approves them or restores the records")),
        ];
        await transaction.ExecuteAsync(
        [
            isOver ? Outbox.SettleCommand(lane, held) : Sql.Command(Note, Sql.Value(tenant), Sql.Text(platform), Sql.Text(name), Sql.Array(rows.Select(row => row.RecordId))),
        ], ct);
        var isNews = isOver && !isHolding;
        if (isNews)
            await transaction.ExecuteAsync([NoticeRows.Insert(lane.Tenant, [SystemNotices.DeletionsHeld(lane.Platform, kind, count, rows[0].QueuedAt)])], ct);
        await transaction.CommitAsync(ct);
        if (isNews)
            notices?.Ring(lane.Tenant);
        return held;
    }
}
