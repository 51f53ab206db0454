-- What rules hear and what they did: the functions', row-level security as for every table. The relay sees where rules have something to look at,
-- never what. Capture writes what rules hear of, in the transaction of the change.
do $$
declare
    target record;
begin
    for target in select * from (values ('crm_rule_events'), ('crm_rule_runs'), ('crm_rule_turns')) as made (name)
    loop
        execute format('revoke all on public.%I from public, anon, authenticated, service_role, crm_app, crm_relay', target.name);
        execute format('alter table public.%I enable row level security, force row level security', target.name);
        execute format('drop policy if exists crm_app on public.%I', target.name);
        execute format('create policy crm_app on public.%I to crm_app
            using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()))', target.name);
        execute format('grant select, insert, update, delete on public.%I to crm_app', target.name);
    end loop;
end
$$;

revoke all on sequence public.crm_rule_events_id_seq from public, anon, authenticated, service_role, crm_app, crm_relay;

drop policy if exists crm_relay on public.crm_rule_events;
create policy crm_relay on public.crm_rule_events for select to crm_relay using (true);
grant select (tenant_id, id, status, happened_at, next_attempt_at) on public.crm_rule_events to crm_relay;
drop policy if exists crm_relay on public.crm_automation_rules;
create policy crm_relay on public.crm_automation_rules for select to crm_relay using (true);
grant select (tenant_id, enabled, version, checked_version) on public.crm_automation_rules to crm_relay;

drop policy if exists crm_capture on public.crm_rule_events;
create policy crm_capture on public.crm_rule_events for insert to crm_capture with check (true);
grant insert on public.crm_rule_events to crm_capture;
drop policy if exists crm_capture on public.crm_automation_rules;
create policy crm_capture on public.crm_automation_rules for select to crm_capture using (true);
grant select (tenant_id, enabled, listens) on public.crm_automation_rules to crm_capture;

-- A tenant's own copy of the rules' state is no setting; what was set is in the history.
create or replace trigger note_settings after insert or update or delete on public.crm_automation_rules
    for each row execute function public.crm_note_settings('automation_rule', '{created_at,updated_at,listens,checked_version,warning,failures}', '{}');

-- before update on crm_automation_rules: another document is another version.
create or replace function public.crm_rule_version() returns trigger
    language plpgsql set search_path = ''
as $$
begin
    if new.document <> old.document then
        new.version := old.version + 1;
        new.failures := 0;
    end if;
    return new;
end
$$;
revoke all on function public.crm_rule_version() from public, anon, authenticated, service_role;
create or replace trigger rule_version before update on public.crm_automation_rules
    for each row execute function public.crm_rule_version();

-- Erasure takes a person out of what our own apps sent, and finds it by what rules did.
do $$
declare
    target record;
begin
    for target in select * from (values ('crm_rule_events', 'tenant_id, id, journal_id'), ('crm_rule_runs', 'tenant_id, event_id, records')) as read (name, columns)
    loop
        execute format('drop policy if exists crm_eraser on public.%I', target.name);
        execute format('create policy crm_eraser on public.%I to crm_eraser
            using (tenant_id = (select public.crm_app_tenant())) with check (tenant_id = (select public.crm_app_tenant()))', target.name);
        execute format('grant select (%s) on public.%I to crm_eraser', target.columns, target.name);
    end loop;
end
$$;
grant select (raw), update (external_id) on public.crm_webhook_events to crm_eraser;
