using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Npgsql;

namespace Forge.Crm.Adapters.Leads;

/// <summary><c>crm_hubspot_leads</c>: leads that rules make at HubSpot. A row is written with the rule's other actions, and sent after the commit.</summary>
internal sealed class LeadRows(TenantDatabase database)
{
    // Longer than a call with the waits that it may sit out. Whoever dies over a row has used up an attempt.
    private static readonly TimeSpan Hold = TimeSpan.FromMinutes(5);

    // As for pushes: where HubSpot is not written to, nothing is to be made there.
    private const string InsertRows = """
        insert into crm_hubspot_leads (tenant_id, id, rule_id, event_id, place, contact_id, name)
        select $1, s.id, $2, $3, s.place, s.contact_id, s.name
          from unnest($4, $5, $6, $7) as s(id, place, contact_id, name)
         where exists (select from crm_sync_configs config
                        where config.tenant_id = $1 and config.platform = 'hubspot' and config.enabled and config.direction in ('two_way', 'write') and 'contact' = any(config.kinds))
            on conflict (tenant_id, rule_id, event_id, place) do nothing
        """;

    // Counted before the work, in a transaction of its own.
    private const string Claim = """
        update crm_hubspot_leads l
           set attempts = l.attempts + 1, due_at = clock_timestamp() + $3
         where l.tenant_id = $1 and l.status = 'pending' and l.due_at <= clock_timestamp()
           and l.id = any(array(select id from crm_hubspot_leads where tenant_id = $1 and status = 'pending' and due_at <= clock_timestamp() order by due_at, id limit $2))
        returning l.id, l.name, l.attempts, clock_timestamp() - l.created_at,
                  (select link.external_id from crm_contacts c
                     join crm_record_links link on link.tenant_id = $1 and link.record_id = coalesce(c.merged_into_id, c.id)
                      and link.platform = 'hubspot' and link.remote_kind = 'contact' and link.state = 'live'
                    where c.tenant_id = $1 and c.id = l.contact_id order by link.state_at desc limit 1),
                  exists (select from crm_contacts c
                            join crm_contacts survivor on survivor.tenant_id = $1 and survivor.id = coalesce(c.merged_into_id, c.id) and survivor.deleted_at is null
                           where c.tenant_id = $1 and c.id = l.contact_id)
        """;

    private const string Free = """
        select found.id from unnest($2) with ordinality as found(id, place)
         where not exists (select from crm_hubspot_leads l where l.tenant_id = $1 and l.lead_id = found.id) order by found.place
        """;

    private const string Send = "update crm_hubspot_leads set sent_to = $4 where tenant_id = $1 and id = $2 and attempts = $3 and status = 'pending'";

    // What was made is made, whoever says so; anything else counts only as long as nobody else has claimed the row since.
    private const string Settle = """
        update crm_hubspot_leads
           set status = $4, lead_id = coalesce($5, lead_id), reason = $6, due_at = clock_timestamp() + $7, attempts = $8
         where tenant_id = $1 and id = $2 and status = 'pending' and (attempts = $3 or $4 = 'made')
        """;

    private const string Drop = "delete from crm_hubspot_leads where tenant_id = $1 and id = $2 and status = 'pending'";

    /// <summary>The leads among a run's effects; a run that is done again writes none again.</summary>
    public static IEnumerable<NpgsqlBatchCommand> Commands(TenantId tenant, Rule rule, RuleEvent happened, IReadOnlyList<RuleEffect> effects)
    {
        var leads = effects.Select((effect, place) => (Lead: effect as RuleEffect.HubSpotLead, Place: place)).Where(row => row.Lead is not null).ToList();
        if (leads.Count > 0)
        {
            yield return Sql.Command(
                InsertRows, Sql.Value(tenant.Value), Sql.Value(rule.Id), Sql.Value(happened.Id), Sql.Array(leads.Select(_ => Guid.CreateVersion7())),
                Sql.Array(leads.Select(row => row.Place)), Sql.Array(leads.Select(row => row.Lead!.Contact)), Sql.Array(leads.Select(row => row.Lead!.Name)));
        }
    }

    /// <summary>Takes what is due, the oldest first.</summary>
    public Task<List<QueuedLead>> ClaimAsync(TenantId tenant, int max, CancellationToken ct) => database.QueryAsync(
        tenant, Sql.Command(Claim, Sql.Value(tenant.Value), Sql.Value(max), Sql.Value(Hold)),
        row => new QueuedLead(
            row.GetGuid(0), row.GetString(1), row.IsDBNull(4) ? null : row.GetString(4), !row.GetBoolean(5), row.GetInt32(2), row.GetFieldValue<TimeSpan>(3)), ct);

    /// <summary>Those that no row stands for.</summary>
    public Task<List<string>> FreeAsync(TenantId tenant, IEnumerable<string> leads, CancellationToken ct) => database.QueryAsync(
        tenant, Sql.Command(Free, Sql.Value(tenant.Value), Sql.Array(leads)), row => row.GetString(0), ct);

    /// <summary>From now on a lead of this row may be at HubSpot, whatever answer comes.</summary>
    /// <returns>False where the row is not the caller's any more, or the contact was erased.</returns>
    public async Task<bool> SendAsync(TenantId tenant, QueuedLead lead, CancellationToken ct) => await database.ExecuteAsync(
        tenant, [Sql.Command(Send, Sql.Value(tenant.Value), Sql.Value(lead.Id), Sql.Value(lead.Attempts), Sql.Text(lead.Contact))], ct) > 0;

    /// <returns>False where the row is not the caller's any more, or the contact was erased.</returns>
    public async Task<bool> SettleAsync(TenantId tenant, QueuedLead lead, LeadOutcome outcome, CancellationToken ct) => await database.ExecuteAsync(
        tenant,
        [
            outcome.Status == LeadStatus.Dropped
                ? Sql.Command(Drop, Sql.Value(tenant.Value), Sql.Value(lead.Id))
                : Sql.Command(
                    Settle, Sql.Value(tenant.Value), Sql.Value(lead.Id), Sql.Value(lead.Attempts), Sql.Text(outcome.Status.ToName()), Sql.Text(outcome.LeadId),
                    Sql.Text(outcome.Reason), Sql.Value(outcome.Wait), Sql.Value(outcome.Attempts)),
        ], ct) > 0;
}
