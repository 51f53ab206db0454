using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// What a platform will not take, for people: which record, why, and once more. Such a row stands in nobody's way, and a new edit of its record
/// makes it due by itself.
/// </summary>
public sealed class PushErrors
{
    public const int PageSize = 100;

    private const string List = """
        select jsonb_build_object(
                   'push_errors', coalesce(jsonb_agg(to_jsonb(error) order by error.platform, error.kind, error.record_id), '[]'),
                   'after', case when count(*) = $7 then (array_agg(error.id order by error.platform desc, error.kind desc, error.record_id desc))[1] end)::text
          from (select platform || '.' || kind || '.' || record_id as id, platform, kind, record_id, reason, attempts, queued_at, cause, cause_id
                  from crm_outbox
                 where tenant_id = $1 and status = 'failed' and (platform, kind, record_id) > ($2, $3, $4)
                   and ($5::text is null or platform = $5) and ($6::text is null or kind = $6)
                 order by platform, kind, record_id limit $7) error
        """;

    private const string Count = """
        select jsonb_build_object('pushes', coalesce(jsonb_agg(to_jsonb(waiting) order by waiting.platform), '[]'))::text
          from (select platform, count(*) filter (where status = 'pending') as pending, count(*) filter (where status = 'failed') as failed, count(*) filter (where status = 'held') as held,
                       min(queued_at) filter (where status = 'pending') as oldest
                  from crm_outbox where tenant_id = $1 group by platform) waiting
        """;

    // As of an edit, so that whoever still works on the old row cannot settle the new one.
    private const string Redo = """
        with redone as (
            update crm_outbox
               set status = 'pending', attempts = 0, next_attempt_at = null, reason = null, version = version + 1, queued_at = clock_timestamp()
             where tenant_id = $1 and status = 'failed' and platform = $2 and ($3::text is null or kind = $3) and ($4::uuid is null or record_id = $4)
            returning platform, kind, record_id, lane),
             noted as (
            insert into crm_audit_log (tenant_id, kind, field, action, old_value, new_value, source, changed_at, cause, cause_id, actor)
            select $1, 'push', 'status', 'configure', 'failed', 'pending', 'supabase', clock_timestamp(), 'person',
                   platform || '.' || kind || '.' || record_id, $5 from redone)
        select lane, count(*) from redone group by lane
        """;

    private const string Waiting = """
        select 1 from crm_outbox where tenant_id = $1 and platform = $2 and kind = $3 and record_id = $4
        """;

    private readonly TenantDatabase _database;
    private readonly Rings _rings;

    internal PushErrors(TenantDatabase database, Rings rings) => (_database, _rings) = (database, rings);

    /// <summary>A page, by platform, kind and record.</summary>
    /// <param name="after">The id that the page before ended with; null for the first.</param>
    public async Task<string> ListAsync(TenantId tenant, Platform? platform, RecordKind? kind, PushErrorId? after, CancellationToken ct)
    {
        var command = Sql.Command(
            List, Sql.Value(tenant.Value), Sql.Text(after?.Platform.ToName() ?? ""), Sql.Text(after?.Kind.ToName() ?? ""), Sql.Value(after?.RecordId ?? Guid.Empty),
            Sql.Text(platform?.ToName()), Sql.Text(kind?.ToName()), Sql.Value((long)PageSize));
        return (await _database.QueryAsync(tenant, command, row => row.GetString(0), ct))[0];
    }

    /// <summary>How many pushes wait and how many failed, by platform, and since when the oldest waits.</summary>
    public async Task<string> CountAsync(TenantId tenant, CancellationToken ct) =>
        (await _database.QueryAsync(tenant, Sql.Command(Count, Sql.Value(tenant.Value)), row => row.GetString(0), ct))[0];

    /// <summary>Gives a failed push all its attempts again, and says in the history who did.</summary>
    /// <param name="actor">The person, as their token names them.</param>
    /// <returns>False where the tenant has no such push; one that waits already is left as it is.</returns>
    public async Task<bool> RedriveAsync(TenantId tenant, PushErrorId id, string actor, CancellationToken ct) =>
        await RedriveAsync(tenant, id.Platform, id.Kind, id.RecordId, actor, ct) > 0
        || (await _database.QueryAsync(
            tenant,
            Sql.Command(Waiting, Sql.Value(tenant.Value), Sql.Text(id.Platform.ToName()), Sql.Text(id.Kind.ToName()), Sql.Value(id.RecordId)),
            _ => true, ct)).Count > 0;

    /// <summary>The same for all of a platform, or of one kind there.</summary>
    /// <returns>How many.</returns>
    public Task<long> RedriveAllAsync(TenantId tenant, Platform platform, RecordKind? kind, string actor, CancellationToken ct) =>
        RedriveAsync(tenant, platform, kind, null, actor, ct);

    private async Task<long> RedriveAsync(TenantId tenant, Platform platform, RecordKind? kind, Guid? record, string actor, CancellationToken ct)
    {
        var lanes = await _database.QueryAsync(
            tenant,
            Sql.Command(Redo, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(kind?.ToName()), Sql.Id(record), Sql.Text(actor)),
            row => (Lane: new Lane(tenant, platform, row.GetInt32(0)), Rows: row.GetInt64(1)), ct);
        await Task.WhenAll(lanes.Select(redone => _rings.PushAsync(redone.Lane, ct)));
        return lanes.Sum(redone => redone.Rows);
    }
}
