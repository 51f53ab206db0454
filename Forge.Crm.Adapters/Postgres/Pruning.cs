using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// Clears the journal of what is finished and older than any sender's retries and any duplicate. What failed stays three times as long: a
/// person may still want to redrive it. What is pending stays. Of a match plan that was carried out, what still waits for a person, or is kept
/// out by one, stays. The plans of dry runs end a week after them. Notices go a month after they were sent, those that failed three months after they were written;
/// what rules heard and did after three months, too.
/// </summary>
internal sealed class Pruning(TenantDatabase database, RelayQueries relay)
{
    // Small enough that nobody waits for its locks, and that a crash loses little.
    private const int Chunk = 5_000;

    private const string Delete = """
        delete from crm_webhook_events
         where tenant_id = $1
           and id = any(array(select id from crm_webhook_events
                               where tenant_id = $1 and received_at < clock_timestamp() - $2 and status = any($3)
                               limit $4))
        """;

    // Counted by the hour.
    private const string DeleteDeletions = "delete from crm_deletions where tenant_id = $1 and sent_at < clock_timestamp() - interval '1 day'";

    private static readonly string[] DeleteMatches =
    [
        """
        delete from crm_match_items i using (
               select i.platform, i.kind, i.id from crm_match_items i
                 join crm_sync_configs c on c.tenant_id = $1 and c.platform = i.platform and c.match_state = 'settled' and c.state = 'live'
                where i.tenant_id = $1 and (i.decision is null and i.class is distinct from 'ambiguous' or i.decision in ('join', 'new'))
                limit $2) old
         where i.tenant_id = $1 and i.platform = old.platform and i.kind = old.kind and i.id = old.id
        """,
        """
        delete from crm_match_keys k using (
               select k.platform, k.kind, k.key, k.side, k.item_id from crm_match_keys k
                where k.tenant_id = $1
                  and not exists (select from crm_match_items i where i.tenant_id = $1 and i.platform = k.platform and i.kind = k.kind and i.id = k.item_id)
                limit $2) old
         where k.tenant_id = $1 and k.platform = old.platform and k.kind = old.kind and k.key = old.key and k.side = old.side and k.item_id = old.item_id
        """,
    ];

    private const string DeletePlans = """
        delete from crm_sync_plans p using (
               select p.job_id, p.platform, p.kind, p.action, p.record_id from crm_sync_plans p
                 join crm_sync_jobs j on j.tenant_id = $1 and j.id = p.job_id and coalesce(j.finished_at, j.updated_at) < clock_timestamp() - $3
                where p.tenant_id = $1
                limit $2) old
         where p.tenant_id = $1 and p.job_id = old.job_id and p.platform = old.platform and p.kind = old.kind and p.action = old.action and p.record_id = old.record_id
        """;

    private const string DeleteNotices = """
        delete from crm_notices
         where tenant_id = $1
           and id = any(array(select id from crm_notices where tenant_id = $1 and status = 'sent' and sent_at < clock_timestamp() - interval '30 days'
                               union all
                              select id from crm_notices where tenant_id = $1 and status = 'failed' and created_at < clock_timestamp() - interval '90 days'
                               limit $2))
        """;

    // One that is at HubSpot is known as long as it might have to be erased there.
    private const string DeleteLeads = """
        delete from crm_hubspot_leads
         where tenant_id = $1
           and id = any(array(select id from crm_hubspot_leads
                               where tenant_id = $1 and status in ('none', 'failed') and sent_to is null
                                 and created_at < clock_timestamp() - case status when 'none' then interval '30 days' else interval '90 days' end
                               limit $2))
        """;

    // An occasion comes once, however far away the rule looks: it stays as long as its rule is there.
    private static readonly string[] DeleteRuleWork =
    [
        """
        delete from crm_rule_events
         where tenant_id = $1
           and id = any(array(select e.id from crm_rule_events e
                               where e.tenant_id = $1 and e.status <> 'pending' and e.finished_at < clock_timestamp() - interval '90 days'
                                 and (e.occasion is null or not exists (select from crm_automation_rules r where r.tenant_id = $1 and r.id = e.rule_id))
                               limit $2))
        """,
        """
        delete from crm_rule_runs r using (
               select rule_id, event_id from crm_rule_runs where tenant_id = $1 and at < clock_timestamp() - interval '90 days' limit $2) old
         where r.tenant_id = $1 and r.rule_id = old.rule_id and r.event_id = old.event_id
        """,
    ];

    private static readonly (TimeSpan Age, string[] Statuses)[] Rules =
    [
        (TimeSpan.FromDays(30), ["applied", "unchanged", "ignored"]),
        (TimeSpan.FromDays(90), ["failed"]),
    ];

    /// <returns>How many rows went.</returns>
    public async Task<long> RunAsync(CancellationToken ct)
    {
        var deleted = 0L;
        foreach (var (tenant, _) in await relay.TenantsAsync(ct))
        {
            foreach (var (age, statuses) in Rules)
                deleted += await DeleteAsync(tenant, () => Sql.Command(Delete, Sql.Value(tenant.Value), Sql.Value(age), Sql.Value(statuses), Sql.Value(Chunk)), ct);
            foreach (var sql in DeleteMatches.Concat(DeleteRuleWork).Append(DeleteLeads))
                deleted += await DeleteAsync(tenant, () => Sql.Command(sql, Sql.Value(tenant.Value), Sql.Value(Chunk)), ct);
            deleted += await DeleteAsync(tenant, () => Sql.Command(DeletePlans, Sql.Value(tenant.Value), Sql.Value(Chunk), Sql.Value(SyncPlans.Kept)), ct);
            deleted += await DeleteAsync(tenant, () => Sql.Command(DeleteNotices, Sql.Value(tenant.Value), Sql.Value(Chunk)), ct);
            await database.ExecuteAsync(tenant, [Sql.Command(DeleteDeletions, Sql.Value(tenant.Value))], ct);
        }
        return deleted;
    }

    private async Task<long> DeleteAsync(TenantId tenant, Func<NpgsqlBatchCommand> command, CancellationToken ct)
    {
        for (var deleted = 0L; ;)
        {
            var rows = await database.ExecuteAsync(tenant, [command()], ct);
            deleted += rows;
            if (rows < Chunk)
                return deleted;
        }
    }
}
