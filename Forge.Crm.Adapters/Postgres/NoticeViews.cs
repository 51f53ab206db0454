using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Notices for people: what was sent, what waits until when, what failed and why; and once more for what failed.</summary>
public sealed class NoticeViews
{
    public const int PageSize = 100;

    private const string List = """
        select jsonb_build_object(
                   'notices', coalesce(jsonb_agg(to_jsonb(notice) order by notice.id desc), '[]'),
                   'after', case when count(*) = $4 then (array_agg(notice.id order by notice.id))[1] end)::text
          from (select id, target, owner_id, address, subject, body, kind, record_id, cause, rule_id, event_id, status, reason, attempts, created_at, sent_at,
                       case when status = 'pending' then nullif(due_at, '-infinity') end as due_at
                  from crm_notices
                 where tenant_id = $1 and ($2::text is null or status = $2) and ($3::uuid is null or id < $3)
                 order by id desc limit $4) notice
        """;

    // What has waited for a person goes as one mail a recipient.
    private const string Redo = """
        with redone as (
            update crm_notices
               set status = 'pending', attempts = 0, due_at = '-infinity', reason = null, mail_id = null, gathered = target <> 'webhook'
             where tenant_id = $1 and status = 'failed' and ($2::uuid is null or id = $2)
            returning id)
        insert into crm_audit_log (tenant_id, kind, field, action, old_value, new_value, source, changed_at, cause, cause_id, actor)
        select $1, 'notice', 'status', 'configure', 'failed', 'pending', 'supabase', clock_timestamp(), 'person', id, $3 from redone
        """;

    private const string IsThere = "select 1 from crm_notices where tenant_id = $1 and id = $2";

    private readonly TenantDatabase _database;
    private readonly NoticeRings _rings;

    internal NoticeViews(TenantDatabase database, NoticeRings rings) => (_database, _rings) = (database, rings);

    /// <summary>A page, the newest first.</summary>
    /// <param name="status"><c>pending</c>, <c>sent</c> or <c>failed</c>; null for all.</param>
    /// <param name="after">The id that the page before ended with; null for the first.</param>
    public async Task<string> ListAsync(TenantId tenant, string? status, Guid? after, CancellationToken ct) => (await _database.QueryAsync(
        tenant, Sql.Command(List, Sql.Value(tenant.Value), Sql.Text(status), Sql.Id(after), Sql.Value((long)PageSize)), row => row.GetString(0), ct))[0];

    /// <summary>Gives a notice that failed all its attempts again, and says in the history who did.</summary>
    /// <param name="person">As their token names them.</param>
    /// <returns>False where the tenant has no such notice; one that has not failed is left as it is.</returns>
    public async Task<bool> RedriveAsync(TenantId tenant, Guid id, string person, CancellationToken ct) =>
        await RedriveAsync(tenant, (Guid?)id, person, ct) > 0
        || (await _database.QueryAsync(tenant, Sql.Command(IsThere, Sql.Value(tenant.Value), Sql.Value(id)), _ => true, ct)).Count > 0;

    /// <summary>The same for all that failed.</summary>
    /// <returns>How many.</returns>
    public Task<int> RedriveAllAsync(TenantId tenant, string person, CancellationToken ct) => RedriveAsync(tenant, (Guid?)null, person, ct);

    private async Task<int> RedriveAsync(TenantId tenant, Guid? id, string person, CancellationToken ct)
    {
        var redone = await _database.ExecuteAsync(tenant, [Sql.Command(Redo, Sql.Value(tenant.Value), Sql.Id(id), Sql.Text(person))], ct);
        if (redone > 0)
            _rings.Ring(tenant);
        return redone;
    }
}
