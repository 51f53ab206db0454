-- after insert on crm_audit_log, once a statement: of what change capture writes there (people's edits, and what rules themselves do), whatever a rule
-- listens to becomes something for rules to look at, in the transaction of the change. The engine shows its own changes to the rules itself, with
-- what it has in memory. A tenant without rules pays one look.
create or replace function public.crm_hear() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    if not exists (
        select from written entry join public.crm_automation_rules rule on rule.tenant_id = entry.tenant_id
        where entry.cause in ('edit', 'rule') and rule.enabled and rule.listens <> '{}')
    then
        return null;
    end if;
    insert into public.crm_rule_events (tenant_id, type, kind, record_id, audit_ids, depth)
    select entry.tenant_id, kind_of.type, entry.kind, entry.record_id, array_agg(entry.id order by entry.id),
           case entry.cause when 'rule' then coalesce(nullif(current_setting('app.rule_depth', true), '')::integer, 0) else 0 end
    from written entry
    cross join lateral (
        select case entry.action when 'create' then 'created' when 'set' then 'changed' when 'delete' then 'deleted' when 'restore' then 'restored' end as type) kind_of
    join (select distinct rule.tenant_id, heard.key
          from public.crm_automation_rules rule cross join unnest(rule.listens) as heard (key)
          where rule.tenant_id in (select tenant_id from written) and rule.enabled) heard
      on heard.tenant_id = entry.tenant_id
     and heard.key = entry.kind || ':' || entry.action || case entry.action when 'set' then ':' || entry.field else '' end
    where kind_of.type is not null and entry.cause in ('edit', 'rule')
    group by entry.tenant_id, kind_of.type, entry.kind, entry.record_id, entry.cause;
    if found then
        perform pg_notify('crm_rules', (select string_agg(distinct tenant_id::text, ',') from written));
    end if;
    return null;
end
$$;

-- A new owner must be allowed to create in the schema; see roles.sql of the first migration.
grant create on schema public to crm_capture;
alter function public.crm_hear() owner to crm_capture;
alter function public.crm_rule_at_work() owner to crm_capture;
revoke create on schema public from crm_capture;
revoke all on function public.crm_hear(), public.crm_rule_at_work() from public, anon, authenticated, service_role;
create or replace trigger hear after insert on public.crm_audit_log
    referencing new table as written for each statement execute function public.crm_hear();
