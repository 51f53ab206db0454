using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Leads;

/// <summary>Leads that rules make at HubSpot, for people: what is there, what waits for what, what failed and why; and once more for what failed.</summary>
public sealed class LeadViews
{
    public const int PageSize = 100;

    private const string List = """
        select jsonb_build_object(
                   'leads', coalesce(jsonb_agg(to_jsonb(lead) order by lead.id desc), '[]'),
                   'after', case when count(*) = $4 then (array_agg(lead.id order by lead.id))[1] end)::text
          from (select id, contact_id, name, rule_id, event_id, status, lead_id, reason, attempts, created_at,
                       case when status = 'pending' then nullif(due_at, '-infinity') end as due_at
                  from crm_hubspot_leads
                 where tenant_id = $1 and status <> 'erased' and ($2::text is null or status = $2) and ($3::uuid is null or id < $3)
                 order by id desc limit $4) lead
        """;

    private const string Redo = """
        with redone as (
            update crm_hubspot_leads
               set status = 'pending', attempts = 0, due_at = '-infinity', reason = null, created_at = clock_timestamp()
             where tenant_id = $1 and status = 'failed' and ($2::uuid is null or id = $2)
            returning id)
        insert into crm_audit_log (tenant_id, kind, field, action, old_value, new_value, source, changed_at, cause, cause_id, actor)
        select $1, 'hubspot_lead', 'status', 'configure', 'failed', 'pending', 'supabase', clock_timestamp(), 'person', id, $3 from redone
        """;

    private const string IsThere = "select 1 from crm_hubspot_leads where tenant_id = $1 and id = $2 and status <> 'erased'";

    private readonly TenantDatabase _database;

    internal LeadViews(TenantDatabase database) => _database = database;

    /// <summary>A page, the newest first.</summary>
    /// <param name="status"><c>pending</c>, <c>made</c>, <c>none</c> or <c>failed</c>; null for all.</param>
    /// <param name="after">The id that the page before ended with; null for the first.</param>
    public async Task<string> ListAsync(TenantId tenant, string? status, Guid? after, CancellationToken ct) => (await _database.QueryAsync(
        tenant, Sql.Command(List, Sql.Value(tenant.Value), Sql.Text(status), Sql.Id(after), Sql.Value((long)PageSize)), row => row.GetString(0), ct))[0];

    /// <summary>Gives a lead that failed all its attempts again, and says in the history who did.</summary>
    /// <param name="person">As their token names them.</param>
    /// <returns>False where the tenant has no such lead; one that has not failed is left as it is.</returns>
    public async Task<bool> RedriveAsync(TenantId tenant, Guid id, string person, CancellationToken ct) =>
        await RedriveAsync(tenant, (Guid?)id, person, ct) > 0
        || (await _database.QueryAsync(tenant, Sql.Command(IsThere, Sql.Value(tenant.Value), Sql.Value(id)), _ => true, ct)).Count > 0;

    /// <summary>The same for all that failed.</summary>
    /// <returns>How many.</returns>
    public Task<int> RedriveAllAsync(TenantId tenant, string person, CancellationToken ct) => RedriveAsync(tenant, (Guid?)null, person, ct);

    private Task<int> RedriveAsync(TenantId tenant, Guid? id, string person, CancellationToken ct) =>
        _database.ExecuteAsync(tenant, [Sql.Command(Redo, Sql.Value(tenant.Value), Sql.Id(id), Sql.Text(person))], ct);
}
