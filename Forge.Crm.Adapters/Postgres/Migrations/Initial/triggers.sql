-- Which trigger stands on which table. Names say what fires; of two on one event, the earlier name goes first.
do $$
declare
    target record;
begin
    -- The five record tables.
    for target in
        select * from (values
            ('crm_contacts', 'contact'), ('crm_companies', 'company'), ('crm_deals', 'deal'),
            ('crm_activities', 'activity'), ('crm_tasks', 'task')
        ) as record_table (name, kind)
    loop
        execute format('create or replace trigger capture_insert before insert on public.%I
            for each row execute function public.crm_capture_insert(%L)', target.name, target.kind);
        execute format('create or replace trigger capture_update before update on public.%I
            for each row execute function public.%I()', target.name, 'crm_capture_update_' || target.kind);
        execute format('create or replace trigger soft_delete before delete on public.%I
            for each row execute function public.crm_soft_delete()', target.name);
    end loop;

    -- Every other table with an updated_at (capture sets it on the five above).
    for target in
        select c.relname as name
        from pg_catalog.pg_class c
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'updated_at' and not a.attisdropped
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname like 'crm\_%'
          and c.relname not in ('crm_contacts', 'crm_companies', 'crm_deals', 'crm_activities', 'crm_tasks')
    loop
        execute format('create or replace trigger touch before update on public.%I
            for each row execute function public.crm_touch()', target.name);
    end loop;
end
$$;

create or replace trigger capture before insert or update on public.crm_associations
    for each row execute function public.crm_capture_association();
create or replace trigger soft_delete before delete on public.crm_associations
    for each row execute function public.crm_soft_dissociate();

-- History of settings. What the sync itself keeps there (cursors, times) is none; references to secrets and the webhook path are
-- named when they change, never shown.
create or replace trigger note_settings after insert or update or delete on public.crm_tenants
    for each row execute function public.crm_note_settings('tenant', '{created_at,updated_at}', '{}');
create or replace trigger note_settings after insert or update or delete on public.crm_connections
    for each row execute function public.crm_note_settings('connection', '{created_at,updated_at}', '{path_key,webhook_secret_ref}');
create or replace trigger note_settings after insert or update or delete on public.crm_sync_configs
    for each row execute function public.crm_note_settings('sync_config', '{created_at,updated_at,cursors,reconciled_at}', '{secret_ref}');
create or replace trigger note_settings after insert or update or delete on public.crm_automation_rules
    for each row execute function public.crm_note_settings('automation_rule', '{created_at,updated_at}', '{}');

create or replace trigger append_only before update or delete on public.crm_audit_log
    for each row execute function public.crm_append_only();
create or replace trigger append_only_truncate before truncate on public.crm_audit_log
    for each statement execute function public.crm_append_only();
