-- Back to the form of the first migration: whatever is captured is an edit.
drop trigger if exists hear on public.crm_audit_log;
drop function if exists public.crm_hear();
drop trigger if exists rule_version on public.crm_automation_rules;
drop function if exists public.crm_rule_version();
create or replace trigger note_settings after insert or update or delete on public.crm_automation_rules
    for each row execute function public.crm_note_settings('automation_rule', '{created_at,updated_at}', '{}');
create or replace function public.crm_rule_at_work() returns text
    language sql stable set search_path = ''
as $$
    select null::text
$$;
drop policy if exists crm_relay on public.crm_automation_rules;
drop policy if exists crm_capture on public.crm_automation_rules;
revoke select (tenant_id, enabled, listens) on public.crm_automation_rules from crm_capture;
revoke select (tenant_id, enabled) on public.crm_automation_rules from crm_relay;
revoke select (raw), update (external_id) on public.crm_webhook_events from crm_eraser;
