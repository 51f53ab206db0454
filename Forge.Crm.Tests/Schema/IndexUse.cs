namespace Forge.Crm.Tests.Schema;

/// <summary>Why an index is there: a query that the product asks, by whom, and whether its table stays so small that a scan would be as good.</summary>
internal sealed record IndexUse(string Index, string Purpose, Caller Caller, string Query, bool Small = false);

/// <summary>Every index and its query. An index that is not listed here has no reason to be there.</summary>
internal static class IndexUses
{
    public static readonly Guid Tenant = Guid.Parse("00000000-0000-0000-0000-000000000001");

    private const string Some = "'{00000000-0000-0000-0000-000000000005,00000000-0000-0000-0000-000000000007}'";
    private const string One = "'00000000-0000-0000-0000-000000000005'";

    private static readonly Caller App = Caller.App(Tenant);
    private static readonly Caller Router = new("", "crm_router", new Dictionary<string, string>());

    public static IReadOnlyList<IndexUse> All { get; } =
    [
        .. Record("crm_contacts", small: false),
        .. Record("crm_companies", small: true),
        .. Record("crm_deals", small: true),
        .. Record("crm_activities", small: true),
        .. Record("crm_tasks", small: true),
        new("ix_crm_activities_sender", "what a person wrote, to erase it too", App, "select id from crm_activities where from_email = 'ann@example.com'", Small: true),

        new("pk_crm_webhook_events", "claim the events that a message names", App,
            "update crm_webhook_events set attempts = attempts + 1 where tenant_id = current_setting('app.tenant_id')::uuid and id = any ('{5,6,7}') returning raw"),
        new("ix_crm_webhook_events_key", "a delivery that came before is not journaled again", App,
            "insert into crm_webhook_events (tenant_id, platform, event_key, raw, change) values (current_setting('app.tenant_id')::uuid, 'hubspot', 'event-5', '', 'updated') on conflict (tenant_id, event_key) do nothing"),
        new("ix_crm_webhook_events_lane", "take what is pending in a lane, in journal order", App,
            "select id from crm_webhook_events where platform = 'hubspot' and lane = 0 and status = 'pending' order by id limit 100"),
        new("ix_crm_webhook_events_waiting", "lanes whose work nobody rang for", Caller.Relay,
            "select distinct tenant_id, platform, lane from crm_webhook_events where status = 'pending' and received_at < now() - interval '5 seconds'"),
        new("ix_crm_webhook_events_failed", "list what failed", App,
            "select id, reason from crm_webhook_events where status = 'failed' order by id desc limit 50"),
        new("ix_crm_webhook_events_age", "prune what is older than the journal is kept", App,
            "delete from crm_webhook_events where received_at < timestamptz '2026-01-01' + interval '20 minutes' and status <> 'pending'"),

        new("pk_crm_audit_log", "the newest history of a tenant", App, "select * from crm_audit_log order by id desc limit 50"),
        new("ix_crm_audit_log_record", "the history of a record", App, $"select * from crm_audit_log where record_id = {One} order by id"),

        new("pk_crm_record_links", "the records behind external ids", App,
            "select * from crm_record_links where platform = 'hubspot' and remote_kind = 'contact' and external_id = any ('{5,6,7}')"),
        new("ix_crm_record_links_creating", "what is being created there and not answered yet", App,
            "select * from crm_record_links where platform = 'hubspot' and remote_kind = any ('{contact,note}') and state = 'creating' limit 500"),
        new("ix_crm_record_links_record", "the links of records", App, $"select * from crm_record_links where record_id = any ({Some})"),
        new("pk_crm_identities", "who has this e-mail address", App, "select record_id from crm_identities where kind = 'contact' and key = any ('{k5,k6}')"),
        new("ix_crm_identities_record", "the keys of a record, to replace them", App, $"delete from crm_identities where record_id = {One}"),
        new("pk_crm_match_items", "the next page of a kind to judge", App,
            $"select id, side from crm_match_items where platform = 'hubspot' and kind = 'contact' and id > {One} order by id limit 500"),
        new("ix_crm_match_items_class", "what waits for a person", App,
            $"select * from crm_match_items where platform = 'hubspot' and kind = 'contact' and class = 'ambiguous' and id > {One} order by id limit 100"),
        new("pk_crm_match_keys", "who else has this e-mail address", App,
            "select k.item_id from unnest('{k5,k6}'::text[]) as s(key) cross join lateral (select * from crm_match_keys k where k.platform = 'hubspot' and k.kind = 'contact' and k.key = s.key limit 20) k"),
        new("pk_crm_sync_plans", "a page of what a dry run found", App,
            $"select * from crm_sync_plans where job_id = {One} and (platform, kind, action, record_id) > ('hubspot', 'contact', 'create', {One}::uuid) order by platform, kind, action, record_id limit 100"),
        new("ix_crm_sync_plans_detailed", "how many are kept with their fields", App,
            $"select count(*) from (select from crm_sync_plans where job_id = {One} and platform = 'hubspot' and kind = 'contact' and action = 'create' and fields is not null limit 1000) p"),
        new("ix_crm_sync_plans_remote", "what a dry run has planned already", App,
            $"select job_id from crm_sync_plans where remote_kind = 'contact' and external_id = any ('{{5,6,7}}')"),
        new("ix_crm_sync_plans_record", "a record's plans, to erase them", App, $"delete from crm_sync_plans where record_id = {One}"),
        new("pk_crm_associations", "what a record links to", App, $"select * from crm_associations where from_kind = 'contact' and from_id = any ({Some})"),
        new("ix_crm_associations_to", "what links to a record", App, $"select * from crm_associations where to_kind = 'company' and to_id = any ({Some})"),

        new("pk_crm_outbox", "a push that was done at the version it read", App,
            $"delete from crm_outbox where platform = 'hubspot' and kind = 'contact' and record_id = {One} and version = 1"),
        new("ix_crm_outbox_lane", "take what waits in a lane, people's first, oldest first", App,
            "select record_id from crm_outbox where platform = 'hubspot' and lane = 0 and status = 'pending' order by is_bulk, queued_at limit 100"),
        new("ix_crm_outbox_failed", "a page of what failed", App,
            $"select record_id, reason from crm_outbox where status = 'failed' and (platform, kind, record_id) > ('hubspot', 'contact', {One}::uuid) order by platform, kind, record_id limit 100"),

        new("ix_crm_outbox_held", "a page of what is held", App,
            $"select record_id, reason from crm_outbox where status = 'held' and (platform, kind, record_id) > ('hubspot', 'contact', {One}::uuid) order by platform, kind, record_id limit 100"),
        new("pk_crm_notices", "settle what was sent", App, $"update crm_notices set status = 'sent' where id = any ({Some}) and status = 'pending'"),
        new("ix_crm_notices_key", "what was written already is not written again", App,
            "insert into crm_notices (tenant_id, dedupe_key, target, subject, body, cause) values (current_setting('app.tenant_id')::uuid, 'key-5', 'owner', 's', 'b', 'rule') on conflict (tenant_id, dedupe_key) do nothing"),
        new("ix_crm_notices_due", "take what is due", App,
            "select * from crm_notices where status = 'pending' and due_at <= timestamptz '2026-01-01' + interval '20 minutes' order by due_at, mail_id nulls first, id limit 200"),
        new("ix_crm_notices_failed", "a page of what failed", App, $"select * from crm_notices where status = 'failed' and id < {One} order by id desc limit 100"),
        new("ix_crm_notices_sent", "the mails of the last hour", App, "select target, max(sent_at) from crm_notices where status = 'sent' and sent_at > timestamptz '2026-01-01' + interval '2 hours 45 minutes' group by target"),
        new("ix_crm_notices_record", "a record's notices, to erase them", App, $"delete from crm_notices where record_id = any ({Some}) and kind = 'contact'"),
        new("pk_crm_hubspot_leads", "settle what was made", App, $"update crm_hubspot_leads set status = 'made' where id = {One} and status = 'pending'"),
        new("ix_crm_hubspot_leads_key", "a lead of a rule and an event is made once", App,
            $"insert into crm_hubspot_leads (tenant_id, rule_id, event_id, place, contact_id, name) values (current_setting('app.tenant_id')::uuid, {One}, 5, 0, {One}, 'n') on conflict (tenant_id, rule_id, event_id, place) do nothing"),
        new("ix_crm_hubspot_leads_due", "take what is due", App,
            "select id from crm_hubspot_leads where status = 'pending' and due_at <= timestamptz '2026-01-01' + interval '20 minutes' order by due_at, id limit 20"),
        new("ix_crm_hubspot_leads_contact", "a contact's leads, to erase them", App, $"delete from crm_hubspot_leads where contact_id = any ({Some})"),
        new("pk_crm_deletions", "what of a kind was deleted lately", App,
            "select record_id from crm_deletions where platform = 'hubspot' and kind = 'contact' and sent_at > now() - interval '1 hour'", Small: true),
        new("pk_crm_erasures", "the certificate of an erasure", App, $"select * from crm_erasures where kind = 'contact' and record_id = {One}", Small: true),

        new("pk_crm_tenants", "the settings of the tenant", App, "select * from crm_tenants", Small: true),
        new("pk_crm_connections", "a connection by its id", App, $"select * from crm_connections where id = {One}", Small: true),
        new("ix_crm_connections_account", "connecting the same account again", App,
            "insert into crm_connections (tenant_id, platform, account_id, path_key) values (current_setting('app.tenant_id')::uuid, 'hubspot', 'a', 'p') on conflict (tenant_id, platform, account_id) do nothing"),
        new("ix_crm_connections_route_account", "whose account is this", Router,
            "select tenant_id from crm_connections where platform = 'hubspot' and account_id = 'account' and state = 'active'", Small: true),
        new("ix_crm_connections_route_path", "whose webhook address is this", Router,
            "select tenant_id from crm_connections where path_key = 'path' and state = 'active'", Small: true),
        new("pk_crm_sync_configs", "the settings of a platform", App, "select * from crm_sync_configs where platform = 'hubspot'", Small: true),
        new("pk_crm_sync_jobs", "commit a step of a job", App, $"update crm_sync_jobs set step = 2 where id = {One} and step = 1", Small: true),
        new("ix_crm_sync_jobs_unfinished", "the unfinished job of a platform", App,
            "select id from crm_sync_jobs where platform = 'hubspot' and not is_dry_run and state in ('queued', 'running', 'paused')", Small: true),
        new("pk_crm_conflict_records", "a conflict that a person opens", App, $"select * from crm_conflict_records where id = {One}", Small: true),
        new("ix_crm_conflict_records_open", "the open conflicts of records", App,
            $"select * from crm_conflict_records where record_id = any ({Some}) and state = 'open'", Small: true),
        new("pk_crm_rule_events", "finish what was dealt with", App, "update crm_rule_events set status = 'done' where id = 5"),
        new("ix_crm_rule_events_pending", "take what waits, the oldest first", App, "select id from crm_rule_events where status = 'pending' order by id limit 50"),
        new("ix_crm_rule_events_occasion", "an occasion comes once", App,
            "insert into crm_rule_events (tenant_id, type, occasion) values (current_setting('app.tenant_id')::uuid, 'time', 'o5') on conflict (tenant_id, occasion) where occasion is not null do nothing"),
        new("pk_crm_rule_runs", "whether a rule has acted on an event", App, $"select from crm_rule_runs where rule_id = {One} and event_id = 5"),
        new("ix_crm_rule_runs_record", "how often a rule acted on a record of late", App,
            $"select count(*) from crm_rule_runs where rule_id = {One} and record_id = {One} and at > now() - interval '1 hour'"),
        new("pk_crm_rule_turns", "whose turn it is", App, $"select turn from crm_rule_turns where rule_id = {One} for update", Small: true),
        new("ix_crm_automation_rules_preset", "a ready-made rule is installed once", App,
            "insert into crm_automation_rules (tenant_id, name, preset) values (current_setting('app.tenant_id')::uuid, 'r', 'p5') on conflict (tenant_id, preset) where preset is not null do nothing"),
        new("ix_crm_automation_rules_unchecked", "rules that were written by SQL", Caller.Relay, "select distinct tenant_id from crm_automation_rules where checked_version is distinct from version", Small: true),
        new("pk_crm_automation_rules", "a rule by its id", App, $"select * from crm_automation_rules where id = {One}", Small: true),
        new("pk_crm_pipeline_snapshots", "a report of a time", App, "select * from crm_pipeline_snapshots where snapshot_date between '2026-01-01' and '2026-01-31'", Small: true),
        new("pk_crm_activity_summaries", "a report of a week", App, "select * from crm_activity_summaries where period_start = '2026-01-05'", Small: true),
        new("pk_crm_revenue_forecasts", "the forecast of the months to come", App, "select * from crm_revenue_forecasts where forecast_month >= '2026-01-01'", Small: true),
        new("pk_crm_revenue_forecast_history", "a report as of a day", App, "select * from crm_revenue_forecast_history where as_of = '2026-01-05'", Small: true),
        new("pk_crm_revenue_forecast_gaps", "what belonged to no month of it", App, "select * from crm_revenue_forecast_gaps where as_of = '2026-01-05'", Small: true),
        new("pk_crm_pipeline_owner_snapshots", "a day's report by owner", App, "select * from crm_pipeline_owner_snapshots where snapshot_date = '2026-01-05'", Small: true),
        new("pk_crm_report_runs", "how far a report is", App, "select taken_through from crm_report_runs where report = 'pipeline'", Small: true),
        new("ix_crm_audit_log_since", "what was changed since an instant", App,
            "select record_id, field, old_value from crm_audit_log where kind = 'deal' and at >= timestamptz '2026-01-01' + interval '2 hours'"),
        new("ix_crm_audit_log_stage", "since when deals are in their stage", App,
            "select distinct on (record_id) record_id, changed_at from crm_audit_log where kind = 'deal' and (action = 'create' or (action = 'set' and field = 'stage_id')) and at < '2027-01-01' order by record_id desc, at desc"),
        new("ix_crm_activities_occurred", "what happened in a week", App,
            "select owner_id, type from crm_activities where occurred_at >= '2026-01-05' and occurred_at < '2026-01-12'", Small: true),
        new("ix_crm_tasks_completed", "what was done in a week", App, "select owner_id from crm_tasks where completed_at >= '2026-01-05' and completed_at < '2026-01-12'", Small: true),
        new("pk_crm_owners", "the hub's id of a platform's user", App, "select owner_id from crm_owners where platform = 'hubspot' and external_id = any ('{7}')", Small: true),
        new("ix_crm_owners_owner", "the platform's user of a hub's id", App, $"select external_id from crm_owners where owner_id = {One}", Small: true),
        new("pk_crm_stages", "the hub's id of a platform's stage", App,
            "select stage_id from crm_stages where platform = 'hubspot' and pipeline_external_id = 'default' and external_id = 'won'", Small: true),
        new("ix_crm_stages_stage", "the platform's stage of a hub's id", App, $"select external_id from crm_stages where stage_id = {One}", Small: true),
        new("pk_crm_rate_budgets", "take a token", App, "update crm_rate_budgets set tokens = tokens - 1 where platform = 'hubspot' and bucket = 'burst'", Small: true),
        new("pk_crm_leases", "take a lease", App,
            "insert into crm_leases (tenant_id, name, holder, expires_at) values (current_setting('app.tenant_id')::uuid, 'x', 'me', now()) on conflict (tenant_id, name) do nothing"),
    ];

    private static IEnumerable<IndexUse> Record(string table, bool small) =>
    [
        new($"pk_{table}", "lock the records of a batch", App, $"select * from {table} where id = any ({Some}) order by id for no key update", small),
        new($"ix_{table}_merged", "what was merged into a record, to erase it too", App, $"select id from {table} where merged_into_id = {One}", small),
    ];
}
