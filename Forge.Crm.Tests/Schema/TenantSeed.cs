namespace Forge.Crm.Tests.Schema;

/// <summary>One row of a tenant in every table, as the functions would write it. $1 is the tenant.</summary>
internal static class TenantSeed
{
    public static readonly IReadOnlyDictionary<string, string> Inserts = new Dictionary<string, string>
    {
        ["crm_tenants"] = "(tenant_id, name) values ($1, 'a tenant')",
        ["crm_connections"] = "(tenant_id, platform, account_id, path_key, webhook_secret_ref) values ($1, 'hubspot', 'account', 'path', 'vault/secret')",
        ["crm_sync_configs"] = "(tenant_id, platform, direction, secret_ref) values ($1, 'hubspot', 'two_way', 'vault/token')",
        ["crm_sync_jobs"] = "(tenant_id, platform, mode, kinds, state, requested_by) values ($1, 'hubspot', 'initial', '{contact}', 'running', 'test')",
        ["crm_sync_plans"] = "(tenant_id, job_id, platform, kind, action, record_id, remote_kind, external_id, fields) values ($1, gen_random_uuid(), 'supabase', 'contact', 'update', gen_random_uuid(), 'contact', '101', '[]')",
        ["crm_companies"] = "(tenant_id, name, field_stamps) values ($1, 'Acme', '{\"*\":\"2026-01-01T00:00:00.000000Z hubspot\"}')",
        ["crm_contacts"] = "(tenant_id, email, field_stamps) values ($1, 'ada@example.test', '{\"*\":\"2026-01-01T00:00:00.000000Z hubspot\"}')",
        ["crm_deals"] = "(tenant_id, name, field_stamps) values ($1, 'Deal', '{\"*\":\"2026-01-01T00:00:00.000000Z hubspot\"}')",
        ["crm_activities"] = "(tenant_id, type, field_stamps) values ($1, 'call', '{\"*\":\"2026-01-01T00:00:00.000000Z hubspot\"}')",
        ["crm_tasks"] = "(tenant_id, subject, field_stamps) values ($1, 'Call', '{\"*\":\"2026-01-01T00:00:00.000000Z hubspot\"}')",
        ["crm_conflict_records"] = "(tenant_id, kind, record_id, field, platform, hub_stamp, remote_stamp) values ($1, 'contact', gen_random_uuid(), 'phone', 'hubspot', 's', 's')",
        ["crm_webhook_events"] = "(tenant_id, platform, event_key, raw, change) values ($1, 'hubspot', gen_random_uuid()::text, '\\x7b7d', 'updated')",
        ["crm_automation_rules"] = "(tenant_id, name) values ($1, 'rule')",
        ["crm_rule_events"] = "(tenant_id, type, kind, record_id) values ($1, 'created', 'contact', gen_random_uuid())",
        ["crm_rule_runs"] = "(tenant_id, rule_id, event_id, rule_version, record_id, status) values ($1, gen_random_uuid(), 1, 1, gen_random_uuid(), 'done')",
        ["crm_rule_turns"] = "(tenant_id, rule_id, turn) values ($1, gen_random_uuid(), 1)",
        ["crm_pipeline_snapshots"] = "(tenant_id, snapshot_date, pipeline_id, stage_id, currency, pipeline, stage, deal_count, total_value, weighted_value) values ($1, '2026-01-01', gen_random_uuid(), gen_random_uuid(), 'EUR', 'p', 's', 1, 1, 1)",
        ["crm_activity_summaries"] = "(tenant_id, period_start, owner_id) values ($1, '2026-01-05', gen_random_uuid())",
        ["crm_revenue_forecasts"] = "(tenant_id, as_of, forecast_month, currency) values ($1, '2026-01-05', '2026-02-01', 'EUR')",
        ["crm_pipeline_owner_snapshots"] = "(tenant_id, snapshot_date, pipeline_id, stage_id, currency, owner_id, deal_count, total_value, weighted_value) values ($1, '2026-01-01', gen_random_uuid(), gen_random_uuid(), 'EUR', gen_random_uuid(), 1, 1, 1)",
        ["crm_revenue_forecast_history"] = "(tenant_id, as_of, forecast_month, currency, committed, upside, pipeline, weighted_total, won, deal_count) values ($1, '2026-01-05', '2026-02-01', 'EUR', 1, 1, 1, 1, 1, 1)",
        ["crm_revenue_forecast_gaps"] = "(tenant_id, as_of, currency, without_close_date, value_without_close_date, overdue, overdue_value, later, later_value) values ($1, '2026-01-05', 'EUR', 1, 1, 1, 1, 1, 1)",
        ["crm_report_runs"] = "(tenant_id, report, taken_through) values ($1, 'pipeline', '2026-01-05')",
        ["crm_audit_log"] = "(tenant_id, kind, record_id, field, action, old_value, new_value, source, changed_at, cause) values ($1, 'contact', gen_random_uuid(), 'phone', 'set', '1', '2', 'hubspot', now(), 'event')",
        ["crm_record_links"] = "(tenant_id, platform, remote_kind, external_id, record_id, state_at) values ($1, 'hubspot', 'contact', '101', gen_random_uuid(), now())",
        ["crm_identities"] = "(tenant_id, kind, key, record_id) values ($1, 'contact', 'ada@example.test', gen_random_uuid())",
        ["crm_match_items"] = "(tenant_id, platform, kind, id, side, remote_kind, external_id, label, keys) values ($1, 'hubspot', 'contact', gen_random_uuid(), 'there', 'contact', '101', 'Ada', '{email:ada@example.test}')",
        ["crm_match_keys"] = "(tenant_id, platform, kind, key, side, item_id) values ($1, 'hubspot', 'contact', 'email:ada@example.test', 'there', gen_random_uuid())",
        ["crm_associations"] = "(tenant_id, from_kind, from_id, to_kind, to_id, stamp) values ($1, 'contact', gen_random_uuid(), 'company', gen_random_uuid(), '2026-01-01T00:00:00.000000Z hubspot')",
        ["crm_owners"] = "(tenant_id, platform, external_id, owner_id) values ($1, 'hubspot', '7', gen_random_uuid())",
        ["crm_stages"] = "(tenant_id, platform, pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position) values ($1, 'hubspot', 'default', 'won', gen_random_uuid(), gen_random_uuid(), 'Sales', 'Won', 1)",
        ["crm_outbox"] = "(tenant_id, platform, kind, record_id, cause) values ($1, 'hubspot', 'contact', gen_random_uuid(), 'edit')",
        ["crm_notices"] = "(tenant_id, dedupe_key, target, subject, body, kind, record_id, cause) values ($1, 'key', 'administrators', 'Subject', 'Text', 'contact', gen_random_uuid(), 'rule')",
        ["crm_hubspot_leads"] = "(tenant_id, rule_id, event_id, place, contact_id, name) values ($1, gen_random_uuid(), 1, 0, gen_random_uuid(), 'Lead')",
        ["crm_deletions"] = "(tenant_id, platform, kind, record_id) values ($1, 'hubspot', 'contact', gen_random_uuid())",
        ["crm_erasures"] = "(tenant_id, kind, record_id, source, salt) values ($1, 'contact', gen_random_uuid(), 'hubspot', 'salt')",
        ["crm_rate_budgets"] = "(tenant_id, platform, bucket, tokens, capacity, refill_per_second) values ($1, 'hubspot', 'burst', 1, 1, 1)",
        ["crm_leases"] = "(tenant_id, name, holder, expires_at) values ($1, 'reconcile', 'me', now())",
    };

    /// <summary>The tables of the database, in an order that foreign keys allow: those that others point to are named first above.</summary>
    public static IEnumerable<string> Tables => Inserts.Keys;

    public static string InsertInto(string table) => $"insert into {table} {Inserts[table]}";

    /// <summary>A row of the tenant in every table, written by the functions' role.</summary>
    public static async Task FillAsync(CrmDatabase database, Guid tenant)
    {
        foreach (var table in Tables)
            await database.ExecuteAsync(Caller.App(tenant), InsertInto(table), tenant);
    }
}
