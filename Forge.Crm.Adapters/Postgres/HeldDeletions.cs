using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Deletions that are held because they are many, for people: how many of what, and what becomes of them.</summary>
public sealed class HeldDeletions
{
    public const int PageSize = 100;

    private const string List = """
        select jsonb_build_object(
                   'held', coalesce((select jsonb_agg(to_jsonb(held) order by platform, kind)
                                       from (select platform, kind, count(*) as count, min(queued_at) as since
                                               from crm_outbox where tenant_id = $1 and status = 'held' group by platform, kind) held), '[]'),
                   'deletions', coalesce(jsonb_agg(to_jsonb(item) order by item.platform, item.kind, item.record_id), '[]'),
                   'after', case when count(*) = $5 then (array_agg(item.id order by item.platform desc, item.kind desc, item.record_id desc))[1] end)::text
          from (select platform || '.' || kind || '.' || record_id as id, platform, kind, record_id, queued_at, reason
                  from crm_outbox
                 where tenant_id = $1 and status = 'held' and (platform, kind, record_id) > ($2, $3, $4)
                 order by platform, kind, record_id limit $5) item
        """;

    private const string Noted = """
        noted as (
            insert into crm_audit_log (tenant_id, kind, record_id, field, action, old_value, new_value, source, changed_at, cause, cause_id, actor)
            select $1, 'push', record_id, 'status', 'configure', 'held', $4, 'supabase', clock_timestamp(), 'person',
                   platform || '.' || kind || '.' || record_id, $5 from decided)
        """;

    // As of an edit, so that whoever still works on the old row cannot settle the new one.
    private const string Approve = $"""
        with decided as (
            update crm_outbox
               set status = 'pending', approved_at = clock_timestamp(), attempts = 0, next_attempt_at = null, reason = null, version = version + 1
             where tenant_id = $1 and status = 'held' and platform = $2 and kind = $3
            returning platform, kind, record_id, lane),
             {Noted}
        select lane, count(*) from decided group by lane
        """;

    // Change capture writes the restoration down and tells every platform to look; so the rows wait again, and find nothing to delete.
    private const string Restore = $$"""
        with decided as (
            select platform, kind, record_id, lane from crm_outbox where tenant_id = $1 and status = 'held' and platform = $2 and kind = $3),
             restored as (
            update {0} r set deleted_at = null from decided d where r.tenant_id = $1 and r.id = d.record_id and r.deleted_at is not null and r.merged_into_id is null),
             {{Noted}}
        select lane, count(*) from decided group by lane
        """;

    private readonly TenantDatabase _database;
    private readonly Rings _rings;

    internal HeldDeletions(TenantDatabase database, Rings rings) => (_database, _rings) = (database, rings);

    /// <summary>Counts by platform and kind, and a page of the records.</summary>
    /// <param name="after">The id that the page before ended with; null for the first.</param>
    public async Task<string> ListAsync(TenantId tenant, PushErrorId? after, CancellationToken ct) => (await _database.QueryAsync(
        tenant,
        Sql.Command(
            List, Sql.Value(tenant.Value), Sql.Text(after?.Platform.ToName() ?? ""), Sql.Text(after?.Kind.ToName() ?? ""), Sql.Value(after?.RecordId ?? Guid.Empty),
            Sql.Value((long)PageSize)),
        row => row.GetString(0), ct))[0];

    /// <summary>Lets a platform's held deletions of a kind pass.</summary>
    /// <param name="person">Who decides, as their token names them.</param>
    /// <returns>How many.</returns>
    public Task<long> ApproveAsync(TenantId tenant, Platform platform, RecordKind kind, string person, CancellationToken ct) =>
        DecideAsync(Approve, "approved", tenant, platform, kind, person, ct);

    /// <summary>Brings the records back here; where one was deleted it is created again.</summary>
    /// <inheritdoc cref="ApproveAsync"/>
    public Task<long> RestoreAsync(TenantId tenant, Platform platform, RecordKind kind, string person, CancellationToken ct) =>
        DecideAsync(Restore.Replace("{0}", RecordTable.NameOf(kind), StringComparison.Ordinal), "restored", tenant, platform, kind, person, ct);

    private async Task<long> DecideAsync(
        string sql, string decision, TenantId tenant, Platform platform, RecordKind kind, string person, CancellationToken ct)
    {
        var lanes = new List<(int Lane, long Rows)>();
        await using (var transaction = await _database.BeginAsync(tenant, ct))
        {
            await transaction.ReadAsync(
            [
                (Sql.Command("select set_config('app.actor', $1, true)", Sql.Text(person)), _ => { }),
                (Sql.Command(sql, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(kind.ToName()), Sql.Text(decision), Sql.Text(person)),
                    row => lanes.Add((row.GetInt32(0), row.GetInt64(1)))),
            ], ct);
            await transaction.CommitAsync(ct);
        }

        await Task.WhenAll(lanes.Select(decided => _rings.PushAsync(new Lane(tenant, platform, decided.Lane), ct)));
        return lanes.Sum(decided => decided.Rows);
    }
}
