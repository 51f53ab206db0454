-- before update on a record table, crm_capture_update_<kind>. One function a table, written from its columns, because nearly all updates
-- are the sync's: comparing columns one by one finds that nothing is to capture ten times faster than comparing the rows as json. After
-- a migration that adds a field, this must run again; a test of the schema says so.
do $make$
declare
    target record;
    edited text;
begin
    for target in
        select * from (values
            ('crm_contacts', 'contact'), ('crm_companies', 'company'), ('crm_deals', 'deal'),
            ('crm_activities', 'activity'), ('crm_tasks', 'task')
        ) as record_table (name, kind)
    loop
        select string_agg(format(
            '(new.%1$I is distinct from old.%1$I and public.crm_field_stamp(new.field_stamps, %1$L) '
                'is not distinct from public.crm_field_stamp(old.field_stamps, %1$L))',
            attname), E'\n       or ' order by attnum) into edited
        from pg_catalog.pg_attribute
        where attrelid = format('public.%I', target.name)::regclass and attnum > 0 and not attisdropped
          and attname <> all (public.crm_bookkeeping());
        execute format($function$
create or replace function public.crm_capture_update_%s() returns trigger
    language plpgsql security definer set search_path = '' set timezone = 'UTC'
as $body$
begin
    if new.tenant_id <> old.tenant_id or new.id <> old.id or new.created_at <> old.created_at then
        raise exception 'tenant_id, id and created_at of %% never change', tg_table_name using errcode = 'integrity_constraint_violation';
    end if;
    new.version := old.version + 1;
    new.updated_at := clock_timestamp();
    if %s
       or new.custom_fields <> old.custom_fields
       or ((new.deleted_at is null) <> (old.deleted_at is null)
           and new.field_stamps ->> 'deleted' is not distinct from old.field_stamps ->> 'deleted')
    then
        new.field_stamps := public.crm_capture_edit(%L, to_jsonb(old), to_jsonb(new));
    end if;
    return new;
end
$body$ $function$, target.kind, edited, target.kind);
    end loop;
end
$make$;
