using Npgsql;

namespace Forge.Crm.Tests.Schema;

/// <summary>Every index has a query, and the planner answers it with that index, through row-level security.</summary>
public sealed class IndexTests
{
    private static readonly Lazy<Task<CrmDatabase>> Filled = new(FillAsync);

    public static TheoryData<string> Indexes => [.. IndexUses.All.Select(use => use.Index)];

    [Fact]
    public async Task Every_index_has_its_query()
    {
        var database = await Filled.Value;
        var indexes = await database.ColumnAsync(Caller.Owner, "select indexname from pg_indexes where schemaname = 'public'");
        IndexUses.All.Select(use => use.Index).ShouldBe(indexes, ignoreOrder: true);
    }

    [Theory, MemberData(nameof(Indexes))]
    public async Task The_planner_uses_it(string index)
    {
        var use = IndexUses.All.Single(each => each.Index == index);
        var caller = use.Small ? use.Caller.With("enable_seqscan", "off") : use.Caller;
        var plan = string.Join("\n", await (await Filled.Value).ColumnAsync(caller, $"explain (costs off) {use.Query}"));
        plan.ShouldMatch($"(using|on|Indexes:) {index}\\b", use.Purpose);
    }

    // One big tenant among small ones, written without the triggers: only the number of the rows matters here.
    private static async Task<CrmDatabase> FillAsync()
    {
        var database = await CrmDatabase.CreateAsync();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand("""
            set session_replication_role = replica;
            create temporary table n as
                select ('00000000-0000-0000-0000-' || lpad(tenant::text, 12, '0'))::uuid as tenant, i, ('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid as id
                from generate_series(1, 20) as tenant, generate_series(1, case tenant when 1 then 10000 else 1000 end) as i;
            insert into crm_contacts (tenant_id, id, email, merged_into_id) select tenant, id, 'p' || i || '@example.test', case when i % 500 = 0 then id end from n;
            insert into crm_record_links (tenant_id, platform, remote_kind, external_id, record_id, state, state_at)
                select tenant, platform, 'contact', i, id, case when i % 500 = 0 then 'creating' else 'live' end, now() from n, unnest('{hubspot,pipedrive}'::text[]) as platform;
            insert into crm_identities (tenant_id, kind, key, record_id) select tenant, 'contact', 'k' || i, id from n;
            insert into crm_match_items (tenant_id, platform, kind, id, side, remote_kind, class)
                select tenant, 'hubspot', 'contact', id, 'here', 'contact', case when i % 100 = 0 then 'ambiguous' else 'matched' end from n;
            insert into crm_match_keys (tenant_id, platform, kind, key, side, item_id) select tenant, 'hubspot', 'contact', 'k' || i, 'here', id from n;
            insert into crm_sync_plans (tenant_id, job_id, platform, kind, action, record_id, remote_kind, external_id, fields)
                select tenant, ('00000000-0000-0000-0000-' || lpad((i % 5)::text, 12, '0'))::uuid, case when i % 2 = 0 then 'supabase' else 'hubspot' end, 'contact', 'create', id, 'contact', i, case when i % 50 = 0 then '[]'::jsonb end from n;
            insert into crm_associations (tenant_id, from_kind, from_id, to_kind, to_id, stamp) select tenant, 'contact', id, 'company', id, 's' from n;
            insert into crm_audit_log (tenant_id, kind, record_id, action, source, changed_at, cause) select tenant, 'contact', id, 'set', 'hubspot', now(), 'event' from n;
            insert into crm_audit_log (tenant_id, kind, record_id, field, action, source, changed_at, cause, at)
                select tenant, 'deal', id, case when i % 2 = 0 then 'amount' else 'stage_id' end, 'set', 'hubspot', now(), 'event', timestamptz '2026-01-01' + i * interval '1 second' from n;
            insert into crm_webhook_events (tenant_id, platform, event_key, raw, change, received_at, lane, status)
                select tenant, 'hubspot', 'event-' || i, repeat('x', 200)::bytea, 'updated', timestamptz '2026-01-01' + i * interval '1 second', i % 7,
                    case when i % 10 = 0 then 'pending' when i % 300 = 1 then 'failed' else 'applied' end
                from n order by i;
            insert into crm_outbox (tenant_id, platform, kind, record_id, cause, queued_at, lane, status)
                select tenant, 'hubspot', 'contact', id, 'edit', timestamptz '2026-01-01' + i * interval '1 second', i % 8, case when i % 10 = 0 then 'failed' when i % 10 = 1 then 'held' else 'pending' end from n;
            insert into crm_notices (tenant_id, id, dedupe_key, target, subject, body, cause, record_id, status, due_at, created_at, sent_at)
                select tenant, id, 'key-' || i, 'owner', 's', 'b', 'rule', case when i % 20 = 0 then id end, case when i % 10 = 0 then 'pending' when i % 50 = 1 then 'failed' else 'sent' end,
                    timestamptz '2026-01-01' + i * interval '1 second', timestamptz '2026-01-01', case when i % 10 > 0 and i % 50 <> 1 then timestamptz '2026-01-01' + i * interval '1 second' end
                from n;
            insert into crm_rule_events (tenant_id, type, occasion, status) select tenant, 'time', case when i % 3 = 0 then 'o' || i end, case when i % 10 = 0 then 'pending' else 'done' end from n;
            insert into crm_rule_runs (tenant_id, rule_id, event_id, rule_version, record_id, status, at)
                select tenant, ('00000000-0000-0000-0000-' || lpad((i % 5 + 1)::text, 12, '0'))::uuid, i, 1, id, 'done', timestamptz '2026-01-01' + i * interval '1 second' from n;
            insert into crm_hubspot_leads (tenant_id, id, rule_id, event_id, place, contact_id, name, status, due_at)
                select tenant, id, id, i, 0, id, 'n', case when i % 10 = 0 then 'pending' else 'made' end, timestamptz '2026-01-01' + i * interval '1 second' from n;
            insert into crm_deletions (tenant_id, platform, kind, record_id) select tenant, case when i % 3 = 0 then 'hubspot' else 'pipedrive' end, case when i % 9 < 3 then 'contact' else 'deal' end, id from n where i <= 2000;
            insert into crm_erasures (tenant_id, kind, record_id, source, salt) select tenant, 'contact', id, 'hubspot', 's' from n where i <= 2000;
            delete from n where i > 600 or tenant > '00000000-0000-0000-0000-000000000003';
            insert into crm_owners (tenant_id, platform, external_id, owner_id) select tenant, 'hubspot', i, id from n;
            insert into crm_stages (tenant_id, platform, pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position)
                select tenant, 'hubspot', 'default', i, id, id, 'p', 's', i from n;
            insert into crm_connections (tenant_id, id, platform, account_id, path_key) select tenant, id, 'hubspot', i, 'path' || i from n;
            insert into crm_sync_jobs (tenant_id, id, platform, mode, kinds, state, requested_by) select tenant, id, 'hubspot', 'incremental', '{contact}', 'done', 'timer' from n;
            insert into crm_conflict_records (tenant_id, id, kind, record_id, field, platform, state, hub_stamp, remote_stamp)
                select tenant, id, 'contact', id, 'phone', 'hubspot', case when i % 5 = 0 then 'open' else 'resolved' end, 's', 's' from n;
            insert into crm_companies (tenant_id, id, merged_into_id) select tenant, id, case when i % 30 = 0 then id end from n;
            insert into crm_deals (tenant_id, id, merged_into_id) select tenant, id, case when i % 30 = 0 then id end from n;
            insert into crm_activities (tenant_id, id, merged_into_id) select tenant, id, case when i % 30 = 0 then id end from n;
            insert into crm_tasks (tenant_id, id, merged_into_id) select tenant, id, case when i % 30 = 0 then id end from n;
            analyze;
            """);
        await command.ExecuteNonQueryAsync();
        return database;
    }
}
